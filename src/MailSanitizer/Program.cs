return MailSanitizer.Cli.CommandLine.Run(args);
