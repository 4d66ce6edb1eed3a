using System.CommandLine;
using Workbook.Cli;
using Workbook.Cli.Commands;

var root = new RootCommand("The SignGD Workbook: trains the two-layer transformer of arXiv:2410.04870, shows its four stages and checks the paper's claims.")
{
    ReproduceCommand.Create(),
    TrainCommand.Create(),
    StagesCommand.Create(),
    ClaimsCommand.Create(),
    ExportCommand.Create(),
    ReportCommand.Create(),
    ExploreCommand.Create(),
    SampleCommand.Create(),
    SweepCommand.Create(),
    QueryCommand.Create(),
    DataCommand.Create(),
    NotebookCommand.Create(),
    KernelCommand.Create(),
    InfoCommand.Create(),
};
return await CommandLine.RunAsync(root, args);
