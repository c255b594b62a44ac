using MailSanitizer.FaultyWorker;
using MailSanitizer.Worker;

return WorkerHost.Run(args, scratch => new FaultyJobs(new ContentJobs(scratch), scratch));
