using System.Collections.Concurrent;

namespace Workbook.Explorer;

/// <summary>
/// Lets a bounded number of trainings run at once. Of each client only the latest request counts: an earlier one that waits or runs is cancelled. A request
/// ends, too, when its client goes away or its time is up.
/// </summary>
internal sealed class TrainingGate(int atOnce, int waiting, TimeSpan longest) : IDisposable
{
    private readonly SemaphoreSlim _free = new(atOnce);
    private readonly ConcurrentDictionary<string, Ticket> _latest = new(StringComparer.Ordinal);
    private int _present;

    /// <summary>How a request ended without a result.</summary>
    public enum Refusal { None, Superseded, Busy, TooLong }

    /// <summary>Clients with a request under way.</summary>
    public int Clients => _latest.Count;

    /// <summary>Runs some work in its turn, on a thread of the pool.</summary>
    /// <param name="client">Whose request it is.</param>
    /// <param name="work">The work; it heeds its token.</param>
    /// <param name="gone">Raised when the client goes away.</param>
    public async Task<(Refusal Refusal, T? Result)> RunAsync<T>(string client, Func<CancellationToken, T> work, CancellationToken gone) where T : class
    {
        if (Interlocked.Increment(ref _present) > waiting)
        {
            Interlocked.Decrement(ref _present);
            return (Refusal.Busy, null);
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone);
        var ticket = new Ticket(stop);
        _latest.AddOrUpdate(client, ticket, (_, earlier) =>
        {
            earlier.Supersede();
            return ticket;
        });
        try
        {
            await _free.WaitAsync(stop.Token);
            try
            {
                stop.CancelAfter(longest);
                T result = await Task.Run(() => work(stop.Token), CancellationToken.None);
                return stop.IsCancellationRequested ? (Why(ticket, gone), null) : (Refusal.None, result);
            }
            finally
            {
                _free.Release();
            }
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            return (Why(ticket, gone), null);
        }
        finally
        {
            ticket.Close();
            _latest.TryRemove(new KeyValuePair<string, Ticket>(client, ticket));
            Interlocked.Decrement(ref _present);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();

    private static Refusal Why(Ticket ticket, CancellationToken gone)
    {
        gone.ThrowIfCancellationRequested();
        return ticket.Superseded ? Refusal.Superseded : Refusal.TooLong;
    }

    /// <summary>One request's right to go on; cancelling it and its end may meet.</summary>
    private sealed class Ticket(CancellationTokenSource stop)
    {
        private readonly Lock _gate = new();
        private bool _closed;

        public bool Superseded { get; private set; }

        public void Supersede()
        {
            lock (_gate)
            {
                if (_closed) return;
                Superseded = true;
                stop.Cancel();
            }
        }

        public void Close()
        {
            lock (_gate) _closed = true;
        }
    }
}
