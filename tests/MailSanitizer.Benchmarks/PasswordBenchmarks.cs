using System.Text;
using BenchmarkDotNet.Attributes;
using MailSanitizer.Content.Formats.Crypto;

namespace MailSanitizer.Benchmarks;

/// <summary>Candidates a second on one core: 1,000 wrong passwords an operation.</summary>
[MemoryDiagnoser]
public class PasswordBenchmarks
{
    private const int Count = 1000;
    private readonly byte[][] _passwords = [.. Enumerable.Range(0, Count).Select(at => Encoding.UTF8.GetBytes($"wrong-{at:000}"))];
    private readonly byte[] _header = [.. Enumerable.Range(3, 18).Select(at => (byte)at)];
    private readonly bool[] _fits = new bool[Count];

    [Benchmark(OperationsPerInvoke = Count)]
    public int ZipCryptoHeader()
    {
        int fitting = 0;
        foreach (byte[] password in _passwords) fitting += ZipCrypto.Fits(password, _header, 0x5A) ? 1 : 0;
        return fitting;
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public bool Aes256Verifier()
    {
        WinZipAes.Fits(_passwords, _header.AsSpan(0, 16), _header.AsSpan(16), 32, _fits);
        return _fits[0];
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = 50)]
    public int Aes256OfThePlatform()
    {
        int fitting = 0;
        for (int at = 0; at < 50; at++) fitting += System.Security.Cryptography.Rfc2898DeriveBytes.Pbkdf2(_passwords[at], _header.AsSpan(0, 16), 1000, System.Security.Cryptography.HashAlgorithmName.SHA1, 66)[64];
        return fitting;
    }
}
