using System.CommandLine;
using Workbook.Core.Data;
using Workbook.Core.Runs;

namespace Workbook.Cli.Commands;

/// <summary>`workbook info`: versions, processor and engines.</summary>
internal static class InfoCommand
{
    public static Command Create()
    {
        var command = new Command("info", "Shows versions, processor, instruction set and engines.");
        command.SetAction(_ =>
        {
            // First, since it may refuse: half an answer is none.
            string digits = DataFolder.FindDigits().Sentence;
            Machine m = Machine.Current;
            Console.WriteLine($"workbook         {m.Workbook} (commit {m.Commit})");
            Console.WriteLine($"runtime          {m.Runtime}");
            Console.WriteLine($"system           {m.System}");
            Console.WriteLine($"processor        {m.Cpu}, {m.Cores} logical cores");
            Console.WriteLine($"instruction set  {m.InstructionSet}");
            Console.WriteLine("engines          dense (f64, f32): any data, O(n L d m) a step");
            Console.WriteLine("                 support (f64): touched columns only, O(n s m)");
            Console.WriteLine("                 reduced (f64): the six families of inner products, O(n m); SignGD, GD, Adam with eps = 0, signum");
            Console.WriteLine($"                 {digits}");
            return CommandLine.Success;
        });
        return command;
    }
}
