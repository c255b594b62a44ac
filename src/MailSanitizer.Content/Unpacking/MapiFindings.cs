namespace MailSanitizer.Content.Unpacking;

/// <summary>Findings of Outlook's own message formats (TNEF, .msg).</summary>
public static class MapiFindings
{
    /// <summary>An attachment that is a path or link to a file elsewhere ([MS-OXCMSG] 2.2.2.9, afByReference).</summary>
    public static readonly FindingKind AttachByReference = new("attach-by-reference", FindingClass.Active, "An attachment that is a link to a file elsewhere");

    /// <summary>A reminder that names the sound to play: a path on another host gives the reader's credentials away (CVE-2023-23397).</summary>
    public static readonly FindingKind ReminderFile = new("reminder-file", FindingClass.Active, "A reminder that loads a file from elsewhere");

    /// <summary>A message class that Outlook opens with a form of its own.</summary>
    public static readonly FindingKind CustomForm = new("custom-form", FindingClass.Active, "A message with a custom form");
}

/// <summary>What TNEF and .msg share: property ids and what they mean ([MS-OXPROPS]).</summary>
internal static class Mapi
{
    public const ushort MessageClass = 0x001A;
    public const ushort Body = 0x1000;
    public const ushort RtfCompressed = 0x1009;
    public const ushort Html = 0x1013;
    public const ushort DisplayName = 0x3001;
    public const ushort AttachData = 0x3701;
    public const ushort AttachExtension = 0x3703;
    public const ushort InternetCodepage = 0x3FDE;
    public const ushort AttachFileName = 0x3704;
    public const ushort AttachMethod = 0x3705;
    public const ushort AttachLongFileName = 0x3707;
    public const ushort AttachPathName = 0x3708;
    public const ushort AttachLongPathName = 0x370D;
    public const ushort AttachMimeTag = 0x370E;

    /// <summary>PidLidReminderFileParameter in PSETID_Common.</summary>
    public const uint ReminderFileParameter = 0x851F;

    /// <summary>Named properties that a form of the message's own consists of, its script above all ([MS-OXPROPS] 2.97 and its kin).</summary>
    public static IReadOnlyDictionary<uint, string> FormParts { get; } = new Dictionary<uint, string> { [0x850F] = "PidLidFormStorage", [0x8513] = "PidLidPageDirStream", [0x851B] = "PidLidFormPropStream", [0x8541] = "PidLidScriptStream" };

    /// <summary>PSETID_Common.</summary>
    public static Guid Common { get; } = new("00062008-0000-0000-C000-000000000046");

    private static readonly string[] KnownClasses =
    [
        "IPM.Note", "IPM.Microsoft Mail.Note", "IPM.Microsoft Mail.Read Receipt", "IPM.Microsoft Mail.Non-Delivery", "IPM.Note.SMIME", "IPM.Note.SMIME.MultipartSigned", "IPM.Note.Rules.OofTemplate.Microsoft", "IPM.Note.Rules.ReplyTemplate.Microsoft",
        "IPM.Note.StorageQuotaWarning", "IPM.Note.Microsoft.Fax", "IPM.Note.Microsoft.Missed.Voice", "IPM.Note.Microsoft.Voicemail", "IPM.Note.Microsoft.Conversation", "IPM.Note.Mobile.SMS", "IPM.Outlook.Recall", "IPM.Recall.Report",
        "IPM.Appointment", "IPM.Contact", "IPM.DistList", "IPM.Task", "IPM.TaskRequest", "IPM.TaskRequest.Accept", "IPM.TaskRequest.Decline", "IPM.TaskRequest.Update", "IPM.StickyNote", "IPM.Activity", "IPM.Post", "IPM.Document", "IPM.Sharing",
        "IPM.Schedule.Meeting.Request", "IPM.Schedule.Meeting.Canceled", "IPM.Schedule.Meeting.Resp.Pos", "IPM.Schedule.Meeting.Resp.Neg", "IPM.Schedule.Meeting.Resp.Tent", "IPM.Schedule.Meeting.Notification.Forward", "IPM.Microsoft Schedule.MtgReq",
        "IPM.Microsoft Schedule.MtgRespP", "IPM.Microsoft Schedule.MtgRespN", "IPM.Microsoft Schedule.MtgRespA", "IPM.Microsoft Schedule.MtgCncl", "IPM",
    ];

    /// <summary>Reports a message class that is none of Outlook's own; true when it is none.</summary>
    public static bool JudgeClass(string? name, ArchiveReading reading)
    {
        string trimmed = name?.TrimEnd('\0', ' ') ?? "";
        if (trimmed.Length == 0 || trimmed.StartsWith("REPORT.", StringComparison.OrdinalIgnoreCase)) return false;
        if (KnownClasses.Contains(trimmed, StringComparer.OrdinalIgnoreCase)) return false;
        reading.Report(MapiFindings.CustomForm, "message class", trimmed);
        return true;
    }

    /// <summary>Reports an attachment that is only a path; true when it is one. 2, 3, 4: by reference; 7: by web reference.</summary>
    public static bool JudgeMethod(int method, IReadOnlyList<string> paths, string name, ArchiveReading reading)
    {
        if (method is not (2 or 3 or 4 or 7)) return false;
        reading.Report(MapiFindings.AttachByReference, name, paths.Count > 0 ? paths[0] : "no path");
        return true;
    }
}
