using System.Text.Json;

namespace MailSanitizer.Mail;

/// <summary>A look at JSON from outside before it becomes a tree.</summary>
internal static class JsonText
{
    /// <summary>
    /// True when it is one JSON value whose every name and string is proper text. A tree is lazy: invalid UTF-8 and lone surrogates throw only when somebody reads them, far from
    /// where the input came in.
    /// </summary>
    public static bool IsReadable(ReadOnlySpan<byte> json, int maxDepth)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName) _ = reader.GetString();
            }

            return true;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
