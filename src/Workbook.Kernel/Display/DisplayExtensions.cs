namespace Workbook.Kernel.Cells;

/// <summary>What every cell can call on any value. A <c>Display()</c> that a type brings itself comes first.</summary>
public static class DisplayExtensions
{
    /// <summary>Shows the value in the running cell; outside a cell it does nothing.</summary>
    public static void Display(this object? value) => HostDisplay.Show(value!);
}
