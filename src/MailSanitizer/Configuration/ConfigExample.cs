using System.Text;

namespace MailSanitizer.Configuration;

/// <summary>Writes the commented example that is shipped as <c>mailsanitizer.example.yaml</c>; a test keeps the file true to the table.</summary>
public static class ConfigExample
{
    /// <summary>The whole text. Limits are left out: <c>config show</c> lists them, and they are for sites that must.</summary>
    public static string Write()
    {
        StringBuilder text = new();
        text.Append("# MailSanitizer: every key, with its default or an example. Unknown keys are errors.\n");
        text.Append("# Check with: mailsanitizer config check --config FILE. '(reload)' is taken over on SIGHUP, the rest on a restart.\n");
        string section = "";
        foreach (ConfigKey key in ConfigKeys.All.Where(key => !key.Path.StartsWith("limits.", StringComparison.Ordinal)))
        {
            string[] path = key.Path.Split('.');
            string indent = path.Length > 1 ? "  " : "";
            if (path.Length > 1 && path[0] != section) text.Append('\n').Append(path[0]).Append(":\n");
            else if (path.Length == 1) text.Append('\n');
            section = path.Length > 1 ? path[0] : "";
            text.Append(indent).Append("# ").Append(key.Help).Append(key.Live ? " (reload)" : "").Append('\n');
            text.Append(indent).Append(path[^1]).Append(": ").Append(key.Example).Append('\n');
        }

        text.Append("\n# limits: every bound on what a stranger's bytes may cost; 'mailsanitizer config show' lists them (limits.depth, limits.parts, …).\n");
        return text.ToString();
    }
}
