using System.IO.Compression;
using System.Text;
using CsCheck;
using Workbook.Core.Data;
using Xunit;

namespace Workbook.Core.Tests.Data;

public class NpzTests
{
    private static readonly Gen<NpzArray> AnyArray =
        Gen.Int[0, 5].Array[0, 4].SelectMany(shape =>
            Gen.Double.Array[shape.Aggregate(1, (a, b) => a * b)].Select(data => new NpzArray(data, shape)));

    [Fact]
    public void What_is_written_is_read_back_bit_for_bit()
    {
        using var folder = new TemporaryFolder();
        AnyArray.List[0, 4].Sample(arrays =>
        {
            string path = folder.File("a.npz");
            NpzWriter.Write(path, arrays.Select((a, i) => ($"x{i}", a)).ToList());
            using NpzReader reader = NpzReader.Open(path);
            Assert.Equal(arrays.Select((_, i) => $"x{i}"), reader.Names);
            for (int i = 0; i < arrays.Count; i++)
            {
                NpzArray back = reader.ReadAnyShape($"x{i}");
                Assert.Equal(arrays[i].Shape, back.Shape);
                Assert.Equal(arrays[i].Data.Select(BitConverter.DoubleToInt64Bits), back.Data.Select(BitConverter.DoubleToInt64Bits));
            }
        }, iter: 200, threads: 1);
    }

    [Fact]
    public void The_same_arrays_give_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var arrays = new[] { ("W_Q", new NpzArray([1, 2, 3, 4, 5, 6], 2, 3)), ("y", new NpzArray([1, -1], 2)) };
        NpzWriter.Write(folder.File("a.npz"), arrays);
        Thread.Sleep(20);
        NpzWriter.Write(folder.File("sub/b.npz"), arrays);
        Assert.Equal(File.ReadAllBytes(folder.File("a.npz")), File.ReadAllBytes(folder.File("sub/b.npz")));
        Assert.Equal(2, Directory.GetFileSystemEntries(folder.Path).Length); // no temporary file is left
    }

    [Fact]
    public void A_large_array_crosses_the_chunks_and_leaves_a_remainder_of_one()
    {
        using var folder = new TemporaryFolder();
        double[] data = Enumerable.Range(0, 65_537).Select(i => Math.Sqrt(i)).ToArray();
        NpzWriter.Write(folder.File("a.npz"), ("x", new NpzArray(data, data.Length)));
        using NpzReader reader = NpzReader.Open(folder.File("a.npz"));
        Assert.Equal(data, reader.Read("x", "n").Data);
        Assert.Equal(65_537, reader.Dimensions["n"]);
    }

    [Fact]
    public void A_shape_pattern_binds_its_letters_across_arrays()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("a.npz");
        NpzWriter.Write(path, ("X", new NpzArray(new double[24], 4, 2, 3)), ("y", new NpzArray(new double[4], 4)),
            ("z", new NpzArray(new double[5], 5)), ("square", new NpzArray(new double[6], 2, 3)));
        using NpzReader reader = NpzReader.Open(path);
        reader.Read("X", "n, 2, d");
        reader.Read("y", "n");
        reader.Read("square", "*, d");
        Assert.Equal(3, reader.Dimensions["d"]);
        Complaint.Of(() => reader.Read("z", "n"), "array 'z' has shape (5,); [n] is expected with n = 4 as in 'X'");
        Complaint.Of(() => reader.Read("X", "n, d"), "array 'X' has shape (4, 2, 3); [n, d] is expected");
        Complaint.Of(() => reader.Read("X", "n, 3, d"), "[n, 3, d] is expected");
        Complaint.Of(() => reader.Read("square", "k, k"), "the same k everywhere");
        Complaint.Of(() => reader.Read("W_Q", "m, d"), "has no array 'W_Q'; it holds X, y, z, square");
    }

    [Fact]
    public void Numpy_reads_what_is_written()
    {
        using var folder = new TemporaryFolder();
        NpzWriter.Write(folder.File("a.npz"), ("x", new NpzArray([1.5, -0.0, double.NaN, double.PositiveInfinity, 5e-324, 6], 2, 3)),
            ("s", new NpzArray([7])), ("none", new NpzArray([], 0, 3)));
        string printed = PythonScript.Run(folder.Path, "numpy", """
            import numpy as np, zipfile
            assert zipfile.ZipFile('a.npz').testzip() is None
            f = np.load('a.npz', allow_pickle=False)
            assert repr(f['x'].tolist()) == '[[1.5, -0.0, nan], [inf, 5e-324, 6.0]]'
            print(sorted(f.files), f['x'].dtype, f['x'].flags.c_contiguous, f['s'].shape, f['none'].shape)
            """);
        Assert.Equal("['none', 's', 'x'] float64 True () (0, 3)", printed);
    }

    [Fact]
    public void What_numpy_writes_is_read()
    {
        using var folder = new TemporaryFolder();
        PythonScript.Run(folder.Path, "numpy", """
            import numpy as np
            from numpy.lib import format as f
            x = np.arange(6.0).reshape(2, 3)
            both = dict(f8=x, f4=np.float32([0.1, 3e38]), i8=np.int64([-5, 2**53]), i4=np.int32([-2**31]), i1=np.int8([-128]), b1=np.array([True, False]),
                        big=np.int64([2**53 + 1]), be=x.astype('>f8'), obj=np.array([None, 'a']), fortran=np.asfortranarray(x), c16=x.astype(complex),
                        text=np.array(['a']), rec=np.zeros(2, dtype=[('a', 'f8')]))
            np.savez('stored.npz', **both)
            np.savez_compressed('packed.npz', **both)
            np.save('single.npy', x)
            """);
        foreach (string file in new[] { "stored.npz", "packed.npz" })
        {
            using NpzReader reader = NpzReader.Open(folder.File(file));
            Assert.Equal([0, 1, 2, 3, 4, 5], reader.Read("f8", "2, 3").Data);
            Assert.Equal([0.1f, 3e38f], reader.Read("f4", "*", NpzTypes.Float32 | NpzTypes.Float64).Data);
            Assert.Equal([-5, 1L << 53], reader.Read("i8", "*", NpzTypes.Integers).Data);
            Assert.Equal([int.MinValue], reader.Read("i4", "*", NpzTypes.Integers).Data);
            Assert.Equal([-128], reader.Read("i1", "*", NpzTypes.Integers).Data);
            Assert.Equal([1, 0], reader.Read("b1", "*", NpzTypes.Integers).Data);
            Complaint.Of(() => reader.Read("big", "*", NpzTypes.Integers), "9007199254740993");
            Complaint.Of(() => reader.Read("f4", "*"), "array 'f4' holds type '<f4'; float64 ('<f8') is expected: save x.astype(numpy.float64)");
            Complaint.Of(() => reader.Read("be", "*, *"), "big-endian values (type '>f8')");
            Complaint.Of(() => reader.Read("obj", "*"), "Python objects (type '|O', pickled), which are never read");
            Complaint.Of(() => reader.Read("fortran", "*, *"), "Fortran order; C order is expected: save numpy.ascontiguousarray(x)");
            Complaint.Of(() => reader.Read("c16", "*, *"), "type '<c16'");
            Complaint.Of(() => reader.Read("text", "*"), "type '<U1'");
            Complaint.Of(() => reader.Read("rec", "*"), "structured");
        }

        Complaint.Of(() => NpzReader.Open(folder.File("single.npy")), "is a single .npy array");
    }

    [Fact]
    public void A_wrong_file_is_named_in_one_sentence()
    {
        using var folder = new TemporaryFolder();
        Complaint.Of(() => NpzReader.Open(folder.File("missing.npz")), "missing.npz: no such file");
        Complaint.Of(() => NpzReader.Open(folder.Path), folder.Path);
        Complaint.Of(() => NpzReader.Open(folder.File("empty.npz", [])), "is not an .npz file");
        Complaint.Of(() => NpzReader.Open(folder.File("text.npz", "some text"u8)), "is not an .npz file");
        Complaint.Of(() => NpzReader.Open(folder.File("zip.npz", "PK\u0003\u0004 and no more"u8)), "truncated or damaged");
        Complaint.Of(() => NpzWriter.Write(folder.Path, ("x", new NpzArray([1]))), "cannot be written");
        File.WriteAllText(folder.File("file"), "");
        Complaint.Of(() => NpzWriter.Write(folder.File("file/x.npz"), ("x", new NpzArray([1]))), "cannot be written");
        Assert.Throws<ArgumentException>(() => NpzWriter.Write(folder.File("x.npz"), ("x", new NpzArray([1])), ("x", new NpzArray([1]))));
        Assert.Throws<ArgumentException>(() => NpzWriter.Write(folder.File("x.npz"), ("../x", new NpzArray([1]))));
        Assert.Throws<ArgumentException>(() => new NpzArray([1, 2, 3], 2, 2));
    }

    public static TheoryData<string, string> BadHeaders => new()
    {
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 9223372036854775807), }", "an axis holds at most" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }", "too large" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647), }", "an array holds at most" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (2000000000,), }", "takes 16000000128 bytes, the archive has 144" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,), }", "an axis is negative (-2)" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", "truncated or damaged" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", "truncated or damaged" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (2), }", "not a tuple" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': 2, }", "'(' expected" },
        { "{'descr': '<f8', 'fortran_order': 0, 'shape': (2,), }", "True or False expected" },
        { "{'descr': '<f8', 'fortran_order': False, }", "is missing" },
        { "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", "stands there twice" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'more': 'x'}", "unknown" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), } and more", "after the closing brace" },
        { "{'descr': '<f8, 'fortran_order': False, 'shape': (2,), }", "npy header" },
        { "{'descr': __import__('os'), 'fortran_order': False, 'shape': (2,), }", "quoted string" },
        { "", "'{' expected" },
    };

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public void A_bad_header_is_refused(string header, string complaint)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("a.npz", Zip(("x.npy", Npy(header, new byte[16]))));
        using NpzReader reader = NpzReader.Open(path);
        Complaint.Of(() => reader.ReadAnyShape("x"), complaint);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void An_unknown_version_is_refused(byte major)
    {
        using var folder = new TemporaryFolder();
        byte[] npy = Npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", new byte[16]);
        npy[6] = major;
        using NpzReader reader = NpzReader.Open(folder.File("a.npz", Zip(("x.npy", npy))));
        Complaint.Of(() => reader.ReadAnyShape("x"), $"npy format version {major}.0; versions 1.0, 2.0 and 3.0 are read");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Versions_2_and_3_are_read(byte major)
    {
        using var folder = new TemporaryFolder();
        byte[] one = Npy("{\"shape\": (2,), 'fortran_order': False, 'descr': '<f8'}", BitConverter.GetBytes(1.5).Concat(BitConverter.GetBytes(-2.0)).ToArray());
        byte[] wide = [.. one[..6], major, 0, one[8], one[9], 0, 0, .. one[10..]];
        using NpzReader reader = NpzReader.Open(folder.File("a.npz", Zip(("x.npy", wide))));
        Assert.Equal([1.5, -2.0], reader.Read("x", "n").Data);
    }

    [Fact]
    public void An_array_that_is_there_twice_is_refused()
    {
        using var folder = new TemporaryFolder();
        byte[] npy = Npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", new byte[16]);
        Complaint.Of(() => NpzReader.Open(folder.File("a.npz", Zip(("x.npy", npy), ("x.npy", npy)))), "holds the array 'x' twice");
    }

    [Fact]
    public void Every_truncation_gives_a_clean_error()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = SmallFile(folder);
        for (int length = 0; length < whole.Length; length++)
        {
            string path = folder.File("cut.npz", whole.AsSpan(0, length));
            Assert.Throws<InputException>(() => ReadAll(path));
        }
    }

    [Fact]
    public void A_damaged_byte_is_an_error_or_leaves_the_values_as_they_were()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = SmallFile(folder);
        string before = ReadAll(folder.File("small.npz"));
        int refused = 0, read = 0;
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte[1, 255]).Sample((position, change) =>
        {
            byte[] damaged = (byte[])whole.Clone();
            damaged[position] ^= change;
            try
            {
                // Names and dates are not covered by a checksum, so a read can succeed; the values must then be the same.
                Assert.Equal(before, ReadAll(folder.File("damaged.npz", damaged)));
                read++;
            }
            catch (InputException)
            {
                refused++;
            }
        }, iter: 3000, threads: 1);
        Assert.True(refused > read, $"{refused} refused, {read} read");
    }

    [Fact]
    public void Bytes_of_nonsense_are_refused()
    {
        using var folder = new TemporaryFolder();
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            using NpzReader reader = NpzReader.Open(folder.File("n.npz", Zip(("x.npy", bytes))));
            Assert.Throws<InputException>(() => reader.ReadAnyShape("x"));
            Assert.Throws<InputException>(() => NpzReader.Open(folder.File("m.npz", [(byte)'P', (byte)'K', 3, 4, .. bytes])));
        }, iter: 300, threads: 1);
    }

    private static byte[] SmallFile(TemporaryFolder folder)
    {
        NpzWriter.Write(folder.File("small.npz"), ("x", new NpzArray([1, 2, 3, 4, 5, 6], 2, 3)), ("y", new NpzArray([1, -1], 2)));
        return File.ReadAllBytes(folder.File("small.npz"));
    }

    private static string ReadAll(string path)
    {
        using NpzReader reader = NpzReader.Open(path);
        NpzArray x = reader.Read("x", "n, d"), y = reader.Read("y", "n");
        return string.Join(' ', x.Shape.Concat(y.Shape)) + ": " + string.Join(' ', x.Data.Concat(y.Data));
    }

    private static byte[] Npy(string header, byte[] values)
    {
        byte[] text = Encoding.ASCII.GetBytes(header.PadRight(117) + "\n");
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, (byte)(text.Length >> 8), .. text, .. values];
    }

    private static byte[] Zip(params (string Name, byte[] Bytes)[] files)
    {
        using var memory = new MemoryStream();
        using (var archive = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in files)
            {
                using Stream stream = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
                stream.Write(bytes);
            }
        }

        return memory.ToArray();
    }
}
