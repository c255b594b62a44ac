namespace MailSanitizer.Content.Disarming.NoPassiveForm;

/// <summary>
/// Files that do nothing but act: without what has to go there would be nothing left. Each stands for the part as a whole; a rebuild that is to take one
/// out fails, and the walker puts a notice in the part's place.
/// </summary>
public static class NoPassiveFormFindings
{
    /// <summary>Machine code, byte code, browser and runtime packages.</summary>
    public static readonly FindingKind Program = new("program", FindingClass.Active, "A program");

    /// <summary>Source that an interpreter runs when it is opened.</summary>
    public static readonly FindingKind Script = new("script-file", FindingClass.Active, "A script that runs when it is opened");

    /// <summary>A file that only leads to another place.</summary>
    public static readonly FindingKind Shortcut = new("shortcut", FindingClass.Active, "A shortcut that opens something else");

    /// <summary>An image that systems mount as a drive: what lies in it loses the mark of the web.</summary>
    public static readonly FindingKind DiskImage = new("disk-image", FindingClass.Active, "A disk image");

    /// <summary>A package that installs software.</summary>
    public static readonly FindingKind Installer = new("installer", FindingClass.Active, "A package that installs software");

    /// <summary>Compiled help, which runs scripts.</summary>
    public static readonly FindingKind HelpFile = new("help-file", FindingClass.Active, "A help file, which can run scripts");

    /// <summary>An Office format that exists for its macros alone.</summary>
    public static readonly FindingKind MacroOnly = new("macro-only", FindingClass.Active, "A format that exists for its macros alone");

    /// <summary>A OneNote section: pictures that look like buttons over embedded files.</summary>
    public static readonly FindingKind OneNote = new("onenote", FindingClass.Active, "A OneNote section, which can hold files that run at a click");

    /// <summary>Settings with which a program on this machine connects to, or is run by, another one.</summary>
    public static readonly FindingKind RemoteConfig = new("remote-config", FindingClass.Active, "Settings for a remote desktop, network or program");

    /// <summary>A query that a spreadsheet program runs against another host when it is opened.</summary>
    public static readonly FindingKind QueryFile = new("query-file", FindingClass.Active, "A query that loads data or commands from elsewhere");

    /// <summary>Settings that the system takes over when the file is opened.</summary>
    public static readonly FindingKind SettingsFile = new("settings-file", FindingClass.Active, "A file that changes settings of the system");

    /// <summary>A desktop database with forms and code of its own.</summary>
    public static readonly FindingKind Database = new("database", FindingClass.Active, "A database with forms and code of its own");
}
