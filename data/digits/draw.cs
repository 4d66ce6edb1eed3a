#:project ../../src/Workbook.Core/Workbook.Core.csproj
// Draws the digits of this folder anew: dotnet run data/digits/draw.cs data/digits
Workbook.Core.Data.DigitDrawing.Write(args.Length > 0 ? args[0] : ".");
