using MailSanitizer.Content;
using MailSanitizer.Mail;
using MailSanitizer.Rules.Files;

namespace MailSanitizer.Rules.Testing;

/// <summary>One case of a test file.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Line">Where it stands.</param>
/// <param name="Mail">A message's file, beside the test file; null when the facts are made up whole.</param>
/// <param name="Given">Facts that are made up, or laid over the message's.</param>
/// <param name="Hit">What is expected.</param>
/// <param name="Disposition">What the whole set is expected to do with the copy; null when not asked.</param>
/// <param name="Treatment">What the whole set is expected to do with the part that was hit; null when not asked.</param>
internal sealed record RuleCase(string Name, long Line, string? Mail, GivenFacts Given, bool Hit, Disposition? Disposition, TreatmentKind? Treatment);

/// <summary>The tests of one rule: <c>ID.test.yaml</c> beside <c>ID.yaml</c>.</summary>
internal sealed record RuleTestFile(string File, string RuleId, IReadOnlyList<RuleCase> Cases)
{
    public static readonly string[] Keys = ["rule", "tests"];

    public static readonly string[] CaseKeys = ["name", "mail", "given", "expect"];

    public static readonly string[] ExpectKeys = ["hit", "disposition", "treatment"];

    public static readonly string[] Dispositions = [.. Enum.GetNames<Disposition>().Select(name => name.ToLowerInvariant())];

    public static readonly string[] Treatments = [.. Enum.GetNames<TreatmentKind>().Select(name => name.ToLowerInvariant())];

    public static (RuleTestFile? Tests, IReadOnlyList<RuleError> Errors) Read(string text, string file)
    {
        (RuleNode? root, RuleError? broken) = BoundedYaml.Read(text, file, BoundedYaml.TestFileLimit);
        if (root is null) return (null, [broken!]);
        ErrorSink errors = new(file);
        if (errors.Map(root, Keys, "tests") is null) return (null, errors.Errors);
        foreach (string key in Keys) if (root.Get(key) is null) errors.Shape(root, $"tests: '{key}' is missing");
        string? id = root.Get("rule") is { } rule ? errors.Text(rule, "rule") : null;
        List<RuleCase> cases = [];
        if (root.Get("tests") is { } tests)
        {
            if (tests.Kind != NodeKind.List || tests.Items.Count == 0) errors.Shape(tests, "tests: expected a list of cases");
            foreach (RuleNode item in tests.Items) if (Case(item, errors) is { } one) cases.Add(one);
        }

        return errors.Any ? (null, errors.Errors) : (new RuleTestFile(file, id!, cases), []);
    }

    private static RuleCase? Case(RuleNode node, ErrorSink errors)
    {
        if (errors.Map(node, CaseKeys, "case") is null) return null;
        foreach (string key in new[] { "name", "expect" }) if (node.Get(key) is null) errors.Shape(node, $"case: '{key}' is missing");
        string? name = node.Get("name") is { } nameNode ? errors.Text(nameNode, "name") : null;
        string? mail = node.Get("mail") is { } mailNode ? errors.Text(mailNode, "mail") : null;
        if (mail is null && node.Get("given") is null) errors.Shape(node, "case: expected mail, given, or both");
        GivenFacts given = GivenFacts.Read(node.Get("given"), errors);
        bool hit = false;
        Disposition? disposition = null;
        TreatmentKind? treatment = null;
        if (node.Get("expect") is { } expect)
        {
            if (expect.Kind == NodeKind.Scalar)
            {
                hit = errors.Word(expect, "expect", ["hit", "miss"]) == "hit";
            }
            else if (errors.Map(expect, ExpectKeys, "expect") is not null)
            {
                if (expect.Get("hit") is null) errors.Shape(expect, "expect: 'hit' is missing (true or false)");
                else if (ValueReader.Flag(expect.Get("hit")!) is { } flag) hit = flag;
                else errors.Shape(expect.Get("hit")!, "expect: hit: expected true or false");
                if (expect.Get("disposition") is { } where && errors.Word(where, "expect: disposition", Dispositions) is { } word) disposition = Enum.Parse<Disposition>(word, ignoreCase: true);
                if (expect.Get("treatment") is { } what && errors.Word(what, "expect: treatment", Treatments) is { } done) treatment = Enum.Parse<TreatmentKind>(done, ignoreCase: true);
            }
        }

        return new RuleCase(name ?? "", node.Line, mail, given, hit, disposition, treatment);
    }
}
