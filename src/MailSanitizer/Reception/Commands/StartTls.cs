using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;

namespace MailSanitizer.Reception.Commands;

/// <summary>STARTTLS (RFC 3207). Whatever the peer sent behind the command in the clear is thrown away, and so is all that was said before (4.2).</summary>
internal sealed class StartTls : ICommand
{
    /// <inheritdoc/>
    public async ValueTask RunAsync(Session session, string arguments)
    {
        MailReception room = session.Room;
        if (room.Options.Certificate is null || session.IsTls || arguments.Length > 0)
        {
            session.Say(session.IsTls ? Replies.TlsOn : arguments.Length > 0 ? Replies.Syntax : Replies.NotHere);
            return;
        }

        session.Wire.Say(Replies.StartTls);
        session.Wire.ThrowAwayInput();
        if (!await session.Wire.FlushAsync())
        {
            session.Closing = true;
            return;
        }

        IDuplexPipe transport = session.Connection.Transport;
        SslStream tls = new(new DuplexStream(transport.Input.AsStream(), transport.Output.AsStream()), leaveInnerStreamOpen: false);
        using CancellationTokenSource late = new(room.Options.Limits.TlsTime, room.Time);
        try
        {
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = room.Options.Certificate }, late.Token);
        }
        catch (Exception failure) when (failure is AuthenticationException or IOException or OperationCanceledException)
        {
            room.Logger.LogWarning("{Listener}: no TLS with {Peer}: {Reason}", session.Listener.Facts.Name, session.PeerAddress, failure.Message);
            session.Closing = true;
            await tls.DisposeAsync();
            return;
        }

        session.Tls = tls;
        session.Wire.Exchange(PipeReader.Create(tls), PipeWriter.Create(tls));
        session.Reset();
        session.State = SessionState.Connected;
        session.PeerHelo = "";
        session.Announced = AnnouncedExtensions.None;
    }

    /// <summary>Two one-way streams as one.</summary>
    private sealed class DuplexStream(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => input.ReadAsync(buffer, offset, count, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => output.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => output.WriteAsync(buffer, offset, count, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override void Flush() => throw new NotSupportedException("asynchronous only");

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
