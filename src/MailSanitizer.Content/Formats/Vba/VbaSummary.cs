using System.Text.RegularExpressions;

namespace MailSanitizer.Content.Formats.Vba;

/// <summary>What a VBA project says of itself: enough for a rule or an auditor to tell a harmless macro from a dropper.</summary>
/// <param name="Modules">Names of the modules.</param>
/// <param name="Autorun">Procedures that run without being called, as <c>Module.Procedure</c>.</param>
/// <param name="Suspicious">Calls and words that droppers use.</param>
/// <param name="Stomped">Why what runs is not what can be read; empty when nothing says so.</param>
/// <param name="IsCut">True when not everything could be read.</param>
public sealed partial record VbaSummary(IReadOnlyList<string> Modules, IReadOnlyList<string> Autorun, IReadOnlyList<string> Suspicious, IReadOnlyList<string> Stomped, bool IsCut)
{
    private const int MostListed = 40;

    // Compiled code of a module without any statement stays below this (bytes): documents and empty modules of Office 97 to 365 were measured at 600 to 1,300.
    private const int EmptyModule = 4_096;

    /// <summary>Judges a project.</summary>
    public static VbaSummary Of(VbaProject project)
    {
        List<string> autorun = [], stomped = [];
        SortedSet<string> suspicious = new(StringComparer.OrdinalIgnoreCase);
        foreach (VbaModule module in project.Modules)
        {
            foreach (Match found in Procedures().Matches(module.Code))
            {
                string name = found.Groups["name"].Value;
                if (Autoruns().IsMatch(name)) autorun.Add($"{module.Name}.{name}");
            }

            foreach (Match found in Calls().Matches(WithoutComments(module.Code))) suspicious.Add(Spaces().Replace(found.Value, " "));
            if (module.Source is null && module.CompiledBytes > 0) stomped.Add($"{module.Name}: no source");
            else if (module.CompiledBytes > EmptyModule && string.IsNullOrWhiteSpace(module.Code)) stomped.Add($"{module.Name}: {module.CompiledBytes} bytes of compiled code, empty source");
        }

        // Names that only the compiled project knows: the source was written over. Procedures alone count, for calls stay in the list after they were edited out.
        string all = string.Concat(project.Modules.Select(module => module.Source));
        foreach (Match found in CompiledAutoruns().Matches(project.CompiledNames))
        {
            if (!all.Contains(found.Value, StringComparison.OrdinalIgnoreCase) && !stomped.Contains($"compiled only: {found.Value}")) stomped.Add($"compiled only: {found.Value}");
        }

        return new VbaSummary([.. project.Modules.Select(module => module.Name).Take(MostListed)], [.. autorun.Distinct().Take(MostListed)], [.. suspicious.Take(MostListed)], [.. stomped.Take(MostListed)], project.IsCut);
    }

    private static string WithoutComments(string code) => Comments().Replace(code, "");

    [GeneratedRegex(@"(?i)^[ \t]*(?:(?:public|private|friend|static)[ \t]+)*(?:sub|function)[ \t]+(?<name>\w+)", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Procedures();

    [GeneratedRegex(@"(?i)^(?:auto_?(?:exec|open|close|exit|new|activate|deactivate)|new_?document|document_?(?:open|new|close|change|beforeclose|sync)|(?:app|application|workbook|thisworkbook|presentation|slideshow)_?(?:open|activate|close|deactivate|beforeclose|beforesave|windowactivate|quit|workbookopen|sheetactivate|sheetcalculate|sheetchange)|worksheet_(?:activate|calculate|change|selectionchange)|userform_(?:initialize|activate|terminate)|class_initialize|onslideshowpagechange|\w+_(?:painted|painting|gotfocus|lostfocus|mousehover|mousemove|mouseenter|layout|resize|change|click|dblclick|documentcomplete|beforenavigate2|beforescriptexecute|downloadbegin|downloadcomplete|filedownload|navigatecomplete2|navigateerror|progresschange|propertychange|setsecurelockicon|statustextchange|titlechange|windowclosing))$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Autoruns();

    [GeneratedRegex(@"(?i)auto_?(?:exec|open|close|exit)|document_?(?:open|new|close|beforeclose)|workbook_(?:open|activate|close|beforeclose)", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex CompiledAutoruns();

    [GeneratedRegex(@"(?i)\b(?:shell(?:execute\w*)?|wscript\.shell|shell\.application|createobject|getobject|callbyname|environ\$?|urldownloadtofile\w*|xmlhttp\w*|winhttp\w*|internetopen\w*|adodb\.stream|savetofile|responsebody|filesystemobject|createtextfile|vbscript\.regexp|powershell|cmd(?:\.exe)?|mshta|regsvr32|rundll32|certutil|bitsadmin|wmic|winmgmts\w*|win32_process\w*|schedule\.service|regwrite|regread|savesetting|sendkeys|appactivate|macscript|applescripttask|popen|executeexcel4macro|virtualalloc\w*|virtualprotect\w*|rtlmovememory|writeprocessmemory|createthread|createremotethread|queueuserapc|enumsystemlocales\w*|kill|filecopy|chdrive|strreverse|frombase64string|vbproject|vbcomponents|accessvbom|vbawarnings)\b|\bdeclare\s+(?:ptrsafe\s+)?(?:sub|function)\s+\w+\s+lib\b|\bopen\b[^\n]{0,200}\bfor\s+(?:binary|output|append|random)\b|\b(?:lib|alias)\s+""[^""\n]{1,60}""", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Calls();

    [GeneratedRegex(@"^[ \t]*(?:'|[Rr][Ee][Mm][ \t]).*$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Spaces();
}
