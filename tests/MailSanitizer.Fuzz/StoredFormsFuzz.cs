using System.Text;
using MailSanitizer.Storage;

namespace MailSanitizer.Fuzz;

/// <summary>The JSON files of a message's folder: whatever stands in them, the answer is the form or <see cref="InvalidDataException"/>.</summary>
public static class StoredFormsFuzz
{
    private const string Envelope = """{"mail-from":"s@example.net","recipients":[{"address":"r@example.jp","original-recipient":"rfc822;r@example.jp","notify":"FAILURE"}],"body":"8BITMIME","smtp-utf8":true,"client":{"name":"n","address":"192.0.2.1","port":25,"protocol":"ESMTP","helo":"h","ident":"I","source":"REMOTE"},"peer-helo":"p","peer-address":"127.0.0.1","is-lmtp":true}""";

    public static FuzzTarget EnvelopeFile { get; } = Target("store-envelope",
        """{"version":1,"id":"0193f7a0-0000-7000-8000-000000000000","stored-at":"2026-11-24T09:00:00+00:00","envelope":""" + Envelope + ""","sha256":"aa","size":3,"reasons":["a"],"handover":{"ident":"I","sha256":"aa","recipients":["r"]}}""",
        bytes =>
        {
            EnvelopeForm form = StoredForms.ReadEnvelope(bytes);
            // What was read can be written and read again, and is the same.
            EnvelopeForm again = StoredForms.ReadEnvelope(StoredForms.Write(form));
            if (again.Id != form.Id || again.Envelope.Recipients.Count != form.Envelope.Recipients.Count) throw new InvalidOperationException("the form changes on its way");
            _ = ClientNetwork.Of(form.Envelope);
        });

    public static FuzzTarget StateFile { get; } = Target("store-state",
        """{"version":1,"id":"0193f7a0-0000-7000-8000-000000000000","state":"held-part","stored-at":"2026-11-24T09:00:00+00:00","due-at":"2026-11-25T09:00:00+00:00","decided-on":true,"released-to":["ab"]}""",
        bytes => StoredForms.ReadState(bytes));

    public static FuzzTarget OutboxFile { get; } = Target("store-outbox",
        """{"version":1,"key":"k","message-id":"0193f7a0-0000-7000-8000-000000000000","purpose":"delivery","envelope":""" + Envelope + ""","sender-vouched":true,"enqueued-at":"2026-11-24T09:00:00+00:00","sha256":"aa"}""",
        bytes => StoredForms.ReadOutbox(bytes));

    public static FuzzTarget DecisionFile { get; } = Target("store-decision", """{"version":1,"decision":"quarantine","parts":[{"path":"1","findings":[]}]}""", bytes => StoredForms.ReadDecision(bytes));

    public static FuzzTarget SealedFiles { get; } = new("store-sealed-file", [[.. "MSEF"u8, 1, 0, 0, 0, .. new byte[60]]], input =>
    {
        string path = Path.Combine(Path.GetTempPath(), $"mailsanitizer-fuzz-{Environment.ProcessId}.sealed");
        File.WriteAllBytes(path, input);
        try
        {
            using SealedReader reader = SealedFile.Open(path, new byte[32], "original");
            reader.CheckAll();
            throw new InvalidOperationException("made-up bytes opened");
        }
        catch (InvalidDataException)
        {
            // What is not ours is refused.
        }
        finally
        {
            File.Delete(path);
        }
    });

    private static FuzzTarget Target(string name, string seed, Action<byte[]> run) => new(name, [Encoding.UTF8.GetBytes(seed)], input =>
    {
        try
        {
            run(input);
        }
        catch (InvalidDataException)
        {
            // The one exception that is promised.
        }
    });
}
