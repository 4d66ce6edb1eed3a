using System.Reflection;
using System.Runtime.CompilerServices;
using Workbook.Core.Engines;
using Workbook.Core.Numerics;

namespace Workbook.Benchmarks.Growth;

/// <summary>
/// The memory of an engine's state: the bytes of all arrays of numbers and native buffers that it reaches, without the problem (data,
/// W(0), rule) that it was given.
/// </summary>
internal static class StateSize
{
    public static long Of(TrainingEngine engine)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance) { engine.Problem, engine.Problem.Data, engine.Problem.Weights, engine.Problem.Optimizer };
        foreach (Array? part in (Array?[])[engine.Problem.Data.Labels, engine.Problem.Data.RowStart, engine.Problem.Data.Index, engine.Problem.Data.Value, engine.Problem.Data.Mu, engine.Problem.Data.SignalPatch])
            if (part is not null) seen.Add(part);
        long bytes = 0;
        var open = new Stack<object>([engine]);
        while (open.TryPop(out object? at))
        {
            if (!seen.Add(at) || at is string or Type or Delegate or MemberInfo) continue;
            Type type = at.GetType();
            if (at is Array array)
            {
                Type element = type.GetElementType()!;
                if (element.IsPrimitive) bytes += Buffer.ByteLength(array);
                else foreach (object? item in array) Push(item);
                continue;
            }
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(NativeBuffer<>))
            {
                bytes += (int)type.GetProperty("Length")!.GetValue(at)! * (long)SizeOf(type.GetGenericArguments()[0]);
                continue;
            }
            for (Type? level = type; level is not null; level = level.BaseType)
                foreach (FieldInfo field in level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                    if (!field.FieldType.IsPrimitive && !field.FieldType.IsPointer && !field.FieldType.IsEnum) Push(field.GetValue(at));
        }
        return bytes;

        void Push(object? value)
        {
            if (value is not null) open.Push(value);
        }
    }

    private static int SizeOf(Type type) => (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
