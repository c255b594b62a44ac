namespace MailSanitizer.Content.Mime;

/// <summary>The message as a mail signature wants to see it: all headers and boundaries, texts up to a size, without the bodies of large and binary parts.</summary>
internal static class MimeSkeleton
{
    public static IReadOnlyList<(long Offset, long Length)> Of(PartBytes message, MimeEntity root, Limits limits)
    {
        List<(long Offset, long Length)> kept = [];
        long at = 0;
        Stack<MimeEntity> left = new([root]);
        while (left.TryPop(out MimeEntity? entity))
        {
            for (int child = entity.Children.Count - 1; child >= 0; child--) left.Push(entity.Children[child]);
            bool text = entity.IsMultipart || (entity.Type.StartsWith("text/", StringComparison.Ordinal) && entity.BodyEnd - entity.BodyStart <= limits.SkeletonText);
            if (text || entity.BodyEnd <= entity.BodyStart) continue;
            if (entity.BodyStart > at) kept.Add((at, entity.BodyStart - at));
            at = entity.BodyEnd;
        }

        if (message.Length > at) kept.Add((at, message.Length - at));
        return kept;
    }
}
