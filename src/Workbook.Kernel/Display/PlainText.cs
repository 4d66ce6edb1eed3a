using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Workbook.Kernel;

/// <summary>
/// A value as plain text: what it says of itself, else its elements or properties. Independent of culture, bounded in length and depth, without
/// hash codes or addresses, so that it comes out the same in every run.
/// </summary>
internal static class PlainText
{
    private const int MaximumItems = 200;
    private const int MaximumDepth = 4;

    public static string Of(object? value)
    {
        // At the top a string is shown bare and a table of numbers as rows; within something else both are shown as C# would write them.
        if (value is string text)
        {
            return text;
        }

        var result = new StringBuilder();
        if (value is Array { Rank: 2 } table)
        {
            Rows(table, result);
        }
        else
        {
            Write(value, 0, result);
        }

        return result.ToString();
    }

    private static void Write(object? value, int depth, StringBuilder result)
    {
        switch (value)
        {
            case null:
                result.Append("null");
                break;
            case string text:
                result.Append('"').Append(text).Append('"');
                break;
            case char character:
                result.Append('\'').Append(character).Append('\'');
                break;
            case bool truth:
                result.Append(truth ? "true" : "false");
                break;
            case IFormattable formattable:
                result.Append(formattable.ToString(null, CultureInfo.InvariantCulture));
                break;
            case ITuple tuple:
                Join(Enumerable.Range(0, tuple.Length).Select(i => tuple[i]), "(", ")", depth, result);
                break;
            case DictionaryEntry entry:
                Write(entry.Key, depth, result);
                result.Append(": ");
                Write(entry.Value, depth, result);
                break;
            case not null when Speaks(value.GetType()):
                result.Append(value);
                break;
            case var _ when depth >= MaximumDepth:
                result.Append('…');
                break;
            case IDictionary map:
                Join(Entries(map), "{ ", " }", depth, result);
                break;
            case IEnumerable items:
                Join(items.Cast<object?>(), "[", "]", depth, result);
                break;
            default:
                Properties(value!, depth, result);
                break;
        }
    }

    // True if the type, or one that it derives from short of object, says itself what it is.
    private static bool Speaks(Type type)
    {
        if (type.IsArray || typeof(Delegate).IsAssignableFrom(type))
        {
            return !type.IsArray;
        }

        var declares = type.GetMethod(nameof(ToString), BindingFlags.Public | BindingFlags.Instance, [])?.DeclaringType;
        return declares is not null && declares != typeof(object) && declares != typeof(ValueType);
    }

    // The untyped enumerator of a dictionary is the only one that gives entries for all of them.
    private static IEnumerable<object?> Entries(IDictionary map)
    {
        for (var entries = map.GetEnumerator(); entries.MoveNext();)
        {
            yield return entries.Entry;
        }
    }

    private static void Join(IEnumerable<object?> items, string open, string close, int depth, StringBuilder result)
    {
        result.Append(open);
        var count = 0;
        foreach (var item in items)
        {
            if (count > 0)
            {
                result.Append(", ");
            }

            if (count++ == MaximumItems)
            {
                result.Append('…');
                break;
            }

            Write(item, depth + 1, result);
        }

        result.Append(close);
    }

    private static void Rows(Array table, StringBuilder result)
    {
        for (var row = 0; row < Math.Min(table.GetLength(0), MaximumItems); row++)
        {
            result.Append(row == 0 ? "" : "\n");
            Join(Enumerable.Range(0, table.GetLength(1)).Select(column => table.GetValue(row, column)), "[", "]", 1, result);
        }
    }

    private static void Properties(object value, int depth, StringBuilder result)
    {
        var type = value.GetType();
        result.Append(Name(type));
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanRead && property.GetIndexParameters().Length == 0);
        var count = 0;
        foreach (var property in properties.Take(MaximumItems))
        {
            result.Append(count++ == 0 ? " { " : ", ").Append(property.Name).Append(" = ");
            try
            {
                Write(property.GetValue(value), depth + 1, result);
            }
            catch (TargetInvocationException error)
            {
                result.Append('<').Append(error.InnerException?.GetType().Name).Append('>');
            }
        }

        result.Append(count == 0 ? "" : " }");
    }

    private static string Name(Type type)
    {
        var name = type.Name;
        var tick = name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? name : $"{name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
