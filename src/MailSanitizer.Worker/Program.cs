using MailSanitizer.Worker;

return WorkerHost.Run(args, scratch => new ContentJobs(scratch));
