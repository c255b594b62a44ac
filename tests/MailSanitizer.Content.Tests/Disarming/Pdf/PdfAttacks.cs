namespace MailSanitizer.Content.Tests.Disarming.Pdf;

/// <summary>One thing that acts: its finding, its text, and a pattern that shows it to the checker.</summary>
internal sealed record PdfItem(string Name, string Kind, string Text, string Pattern);

/// <summary>Actions (ISO 32000-2, 12.6.4), the places that can hold one, and single items.</summary>
internal static class PdfAttacks
{
    public static IReadOnlyList<PdfItem> Actions { get; } =
    [
        new("JavaScript", "pdf-javascript", "/S /JavaScript /JS (app.alert\\(1\\))", "/S\\s*/JavaScript|app\\.alert"),
        new("Launch with parameters", "pdf-launch", "/S /Launch /F (cmd.exe) /Win << /F (cmd.exe) /P (/c calc) /O (open) >>", "/Launch|cmd\\.exe|calc"),
        new("SubmitForm", "pdf-submit-form", "/S /SubmitForm /F << /FS /URL /F (http://collect.example/) >>", "/SubmitForm|collect"),
        new("ResetForm", "pdf-reset-form", "/S /ResetForm /Fields [(a)]", "/ResetForm"),
        new("ImportData", "pdf-import-data", "/S /ImportData /F (other.fdf)", "/ImportData|other\\.fdf"),
        new("GoToR", "pdf-goto-remote", "/S /GoToR /F (\\\\\\\\host\\\\share\\\\a.pdf) /D [0 /Fit]", "/GoToR|share"),
        new("GoToE", "pdf-goto-embedded", "/S /GoToE /T << /R /C /N (inner.pdf) >> /D [0 /Fit]", "/GoToE|inner\\.pdf"),
        new("Thread into a file", "pdf-goto-remote", "/S /Thread /F (thread.pdf) /D 0", "/Thread|thread\\.pdf"),
        new("GoToDp into a file", "pdf-goto-remote", "/S /GoToDp /F (parts.pdf) /Dp 4 0 R", "/GoToDp|parts\\.pdf"),
        new("URI file:", "pdf-uri", "/S /URI /URI (file:///C:/Windows/x.exe)", "file:///"),
        new("URI javascript:", "pdf-uri", "/S /URI /URI (java\\163cript:run\\(\\))", "java\\\\163cript|javascript:"),
        new("URI search-ms:", "pdf-uri", "/S /URI /URI <7365617263682D6D733A71756572793D78>", "7365617263682D6D73|search-ms"),
        new("URI to a share", "pdf-uri", "/S /URI /URI (\\\\\\\\host\\\\share\\\\b)", "share"),
        new("Sound", "pdf-sound", "/S /Sound /Volume 0.5", "/S\\s*/Sound"),
        new("Movie", "pdf-movie", "/S /Movie /Operation /Play", "/S\\s*/Movie"),
        new("Rendition", "pdf-rendition", "/S /Rendition /OP 0 /JS (rend\\(\\))", "/S\\s*/Rendition|rend"),
        new("GoTo3DView", "pdf-3d", "/S /GoTo3DView /V /F", "/GoTo3DView"),
        new("RichMediaExecute", "pdf-rich-media", "/S /RichMediaExecute /CMD << /C (play) >>", "/RichMediaExecute"),
        new("Named Print", "pdf-named-action", "/S /Named /N /Print", "/N\\s*/Print"),
        new("Named SaveAs", "pdf-named-action", "/S /Named /N /SaveAs", "/SaveAs"),
        new("unknown action", "pdf-unknown-action", "/S /ExecuteThis /What (now)", "/ExecuteThis"),
    ];

    /// <summary>Where an action can stand. The text of the action takes the place of <c>@</c>.</summary>
    public static IReadOnlyDictionary<string, Func<string, byte[]>> Places { get; } = new Dictionary<string, Func<string, byte[]>>
    {
        ["OpenAction"] = action => PdfFiles.Document($"/OpenAction {Direct(action)}"),
        ["OpenAction by reference"] = action => PdfFiles.Document("/OpenAction 6 0 R", "", Direct(action)),
        ["catalogue AA"] = action => PdfFiles.Document($"/AA << /WC {Direct(action)} >>"),
        ["page AA"] = action => PdfFiles.Document("", $"/AA << /O {Direct(action)} >>"),
        ["annotation A"] = action => PdfFiles.Document("", $"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A {Direct(action)} >>]"),
        ["annotation PA"] = action => PdfFiles.Document("", $"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://a.example/) >> /PA {Direct(action)} >>]"),
        ["annotation AA"] = action => PdfFiles.Document("", "/Annots 6 0 R", "[7 0 R]", $"<< /Type /Annot /Subtype /Square /Rect [0 0 9 9] /AA << /E {Direct(action)} >> >>"),
        ["field A"] = action => PdfFiles.Document("/AcroForm << /Fields [6 0 R] >>", "/Annots [6 0 R]", $"<< /Type /Annot /Subtype /Widget /FT /Btn /T (a) /Ff 65536 /Rect [0 0 9 9] /A {Direct(action)} >>"),
        ["field AA"] = action => PdfFiles.Document("/AcroForm << /Fields [6 0 R] >>", "/Annots [6 0 R]", $"<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (1) /Rect [0 0 9 9] /AA << /K {Direct(action)} >> >>"),
        ["field without a widget"] = action => PdfFiles.Document("/AcroForm << /Fields [6 0 R] >>", "", $"<< /FT /Tx /T (a) /V (1) /AA << /V {Direct(action)} >> >>"),
        ["outline"] = action => PdfFiles.Document("/Outlines 6 0 R", "", "<< /Type /Outlines /First 7 0 R /Last 7 0 R /Count 1 >>", $"<< /Title (one) /Parent 6 0 R /A {Direct(action)} >>"),
        ["Next"] = action => PdfFiles.Document($"/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next {Direct(action)} >>"),
        ["Next in an array"] = action => PdfFiles.Document($"/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next [<< /S /Named /N /NextPage >> {Direct(action)}] >>"),
        ["Next of a Next of a Next"] = action => PdfFiles.Document("/OpenAction 6 0 R", "", "<< /S /GoTo /D [3 0 R /Fit] /Next 7 0 R >>", "<< /S /Named /N /NextPage /Next 8 0 R >>", $"<< /S /Named /N /PrevPage /Next {Direct(action)} >>"),
        ["name tree"] = action => PdfFiles.Document("/Names << /JavaScript << /Kids [6 0 R] >> >>", "", $"<< /Limits [(a) (a)] /Names [(a) {Direct(action)}] >>"),
        ["object that nothing reaches"] = action => PdfFiles.Document("", "", Direct(action)),
        ["object stream"] = action => PdfFiles.InObjectStream(PdfFiles.Objects("/OpenAction 6 0 R", "", Direct(action))),
        ["hybrid file"] = action => PdfFiles.InObjectStream(PdfFiles.Objects("/OpenAction 6 0 R", "", Direct(action)), hybrid: true),
        ["incremental save"] = action => PdfFiles.Saved(PdfFiles.Document("/OpenAction 6 0 R", "", "[3 0 R /Fit]"), (6, Direct(action))),
        ["replaced by an incremental save"] = action => PdfFiles.Saved(PdfFiles.Document("/OpenAction 6 0 R", "", Direct(action)), (6, "[3 0 R /Fit]")),
        ["freed by an incremental save"] = action => PdfFiles.Saved(PdfFiles.Document("/OpenAction 6 0 R", "", Direct(action)), (1, "<< /Type /Catalog /Pages 2 0 R >>")),
        ["no cross-references"] = action => PdfFiles.Bytes(PdfFiles.Text(PdfFiles.Document("/OpenAction 6 0 R", "", Direct(action))).Split("xref")[0] + "trailer << /Root 1 0 R >>"),
        ["wrong startxref"] = action => PdfFiles.Bytes(PdfFiles.Text(PdfFiles.Document("/OpenAction 6 0 R", "", Direct(action))).Replace("startxref\n", "startxref\n9", StringComparison.Ordinal)),
        ["names escaped"] = action => PdfFiles.Escaped(PdfFiles.Document($"/OpenAction {Direct(action)}"), "OpenAction", "JavaScript", "JS", "Launch", "SubmitForm", "ResetForm", "ImportData", "GoToR", "GoToE", "Thread", "GoToDp", "URI", "Sound", "Movie", "Rendition", "GoTo3DView", "RichMediaExecute", "Named", "Print", "SaveAs", "ExecuteThis"),
    };

    private static string Direct(string action) => $"<< /Type /Action {action} >>";
}
