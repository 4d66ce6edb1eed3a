using NetMQ;
using NetMQ.Sockets;

namespace Workbook.Kernel;

/// <summary>The channels of a kernel.</summary>
internal enum Channel
{
    Shell,
    Control,
    Stdin,
    IOPub,
}

/// <summary>
/// The five sockets of a kernel, all owned by one thread that does nothing else, so that they answer while a cell computes. What is sent from any
/// other thread goes through a queue and keeps its order. A message that is malformed or not signed with the key is dropped here, unseen by anyone.
/// </summary>
internal sealed class KernelSockets : IDisposable
{
    private readonly MessageSigner _signer;
    private readonly RouterSocket _shell = new();
    private readonly RouterSocket _control = new();
    private readonly RouterSocket _stdin = new();
    private readonly PublisherSocket _iopub = new();
    private readonly RouterSocket _heartbeat = new();
    private readonly NetMQQueue<(Channel Channel, Message Message, TaskCompletionSource? Sent)> _outgoing = new();
    private readonly NetMQPoller _poller;
    private bool _isClosed;

    /// <param name="connection">Where to listen.</param>
    /// <param name="received">Given each genuine message, on the sockets' own thread: it must not wait.</param>
    /// <exception cref="NotebookException">An address cannot be bound to.</exception>
    public KernelSockets(ConnectionFile connection, Action<Channel, Message> received)
    {
        _signer = new MessageSigner(connection.Key);
        Receive(_shell, Channel.Shell, received);
        Receive(_control, Channel.Control, received);
        Receive(_stdin, Channel.Stdin, received);
        _heartbeat.ReceiveReady += (_, _) => Echo();
        _outgoing.ReceiveReady += (_, _) => Send();

        // A burst of outputs must not be thinned out because a reader is slow.
        foreach (var socket in (NetMQSocket[])[_shell, _control, _stdin, _iopub])
        {
            socket.Options.SendHighWatermark = 0;
            socket.Options.ReceiveHighWatermark = 0;
            socket.Options.Linger = TimeSpan.FromSeconds(1);
        }

        try
        {
            Bind(_shell, connection.Ip, connection.ShellPort);
            Bind(_control, connection.Ip, connection.ControlPort);
            Bind(_stdin, connection.Ip, connection.StdinPort);
            Bind(_iopub, connection.Ip, connection.IOPubPort);
            Bind(_heartbeat, connection.Ip, connection.HeartbeatPort);
        }
        catch
        {
            Close();
            throw;
        }

        _poller = new NetMQPoller { _shell, _control, _stdin, _heartbeat, _outgoing };
        _poller.RunAsync("kernel sockets", isBackgroundThread: true);
    }

    /// <summary>Sends a message, after all that were sent before; to nobody once the sockets are closed.</summary>
    public void Send(Channel channel, Message message)
    {
        if (!Volatile.Read(ref _isClosed))
        {
            _outgoing.Enqueue((channel, message, null));
        }
    }

    /// <summary>Waits until all that was sent has been handed to the network.</summary>
    public bool Flush(TimeSpan limit)
    {
        if (Volatile.Read(ref _isClosed))
        {
            return true;
        }

        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _outgoing.Enqueue((Channel.IOPub, null!, sent));
        return sent.Task.Wait(limit);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isClosed, true))
        {
            return;
        }

        _poller.Stop();
        _poller.Dispose();
        Close();
    }

    private static void Bind(NetMQSocket socket, string ip, int port)
    {
        var host = ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]" : ip;
        try
        {
            socket.Bind($"tcp://{host}:{port}");
        }
        catch (NetMQException error)
        {
            throw new NotebookException($"The kernel cannot listen on {host}:{port}: {error.Message}", error);
        }
    }

    private void Receive(RouterSocket socket, Channel channel, Action<Channel, Message> received) => socket.ReceiveReady += (_, _) =>
    {
        // As many as are there, but not so many that nothing is sent meanwhile.
        NetMQMessage? frames = null;
        for (var count = 0; count < 100 && socket.TryReceiveMultipartMessage(ref frames); count++)
        {
            if (Message.Read(frames!, _signer) is { } message)
            {
                received(channel, message);
            }
        }
    };

    private void Echo()
    {
        NetMQMessage? frames = null;
        while (_heartbeat.TryReceiveMultipartMessage(ref frames))
        {
            _heartbeat.TrySendMultipartMessage(frames!);
        }
    }

    private void Send()
    {
        while (_outgoing.TryDequeue(out var next, TimeSpan.Zero))
        {
            if (next.Sent is not null)
            {
                next.Sent.SetResult();
                continue;
            }

            NetMQSocket socket = next.Channel switch
            {
                Channel.Shell => _shell,
                Channel.Control => _control,
                Channel.Stdin => _stdin,
                _ => _iopub,
            };
            // To a client that has gone there is nothing to send.
            socket.TrySendMultipartMessage(next.Message.Write(_signer));
        }
    }

    private void Close()
    {
        foreach (var socket in (NetMQSocket[])[_shell, _control, _stdin, _iopub, _heartbeat])
        {
            socket.Dispose();
        }

        _outgoing.Dispose();
    }
}
