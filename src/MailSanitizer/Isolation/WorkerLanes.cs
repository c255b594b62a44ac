namespace MailSanitizer.Isolation;

/// <summary>
/// Who may use a worker now. Two lanes over the same workers: any job may use any free worker, slow ones (known or found to be) half of them at most.
/// Within a lane, client networks take turns, and mail of one network goes in the order it came.
/// </summary>
internal sealed class WorkerLanes(int workers)
{
    private readonly Lock _gate = new();
    private readonly Lane _quick = new();
    private readonly Lane _slow = new();
    private int _running;
    private int _runningSlow;
    private bool _slowIsNext;

    /// <summary>Slow jobs at the same time, at most.</summary>
    public int SlowAtMost { get; } = Math.Max(1, workers / 2);

    /// <summary>Jobs that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate) return _quick.Count + _slow.Count;
        }
    }

    /// <summary>Waits for a turn.</summary>
    public async Task<Turn> EnterAsync(string network, bool slow, CancellationToken cancellation)
    {
        Turn turn = new(this, network, slow);
        lock (_gate)
        {
            (slow ? _slow : _quick).Add(turn);
            Admit();
        }

        await using CancellationTokenRegistration registration = cancellation.Register(() => turn.GiveUp(cancellation));
        return await turn.Admitted.Task;
    }

    // Under the gate.
    private void Admit()
    {
        while (_running < workers)
        {
            bool maySlow = _slow.Count > 0 && _runningSlow < SlowAtMost;
            if (!maySlow && _quick.Count == 0) return;
            bool takeSlow = maySlow && (_quick.Count == 0 || _slowIsNext);
            if (maySlow && _quick.Count > 0) _slowIsNext = !_slowIsNext;
            Turn turn = (takeSlow ? _slow : _quick).Take();
            if (!turn.Admitted.TrySetResult(turn)) continue;
            _running++;
            if (takeSlow) _runningSlow++;
        }
    }

    /// <summary>One job's turn; disposing of it gives the next one its turn.</summary>
    internal sealed class Turn(WorkerLanes lanes, string network, bool slow) : IDisposable
    {
        private bool _over;

        public string Network => network;

        public bool IsSlow { get; private set; } = slow;

        public TaskCompletionSource<Turn> Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>A running job was found to be slow: false when the slow lane is full, and it has to go.</summary>
        public bool TryBecomeSlow()
        {
            lock (lanes._gate)
            {
                if (IsSlow || _over) return true;
                if (lanes._runningSlow >= lanes.SlowAtMost) return false;
                IsSlow = true;
                lanes._runningSlow++;
                return true;
            }
        }

        public void GiveUp(CancellationToken cancellation)
        {
            lock (lanes._gate)
            {
                if (Admitted.TrySetCanceled(cancellation)) (IsSlow ? lanes._slow : lanes._quick).Remove(this);
            }
        }

        public void Dispose()
        {
            lock (lanes._gate)
            {
                if (_over) return;
                _over = true;
                lanes._running--;
                if (IsSlow) lanes._runningSlow--;
                lanes.Admit();
            }
        }
    }

    // Networks in a ring, each with its own queue.
    private sealed class Lane
    {
        private readonly Dictionary<string, LinkedList<Turn>> _queues = new(StringComparer.Ordinal);
        private readonly LinkedList<string> _ring = [];

        public int Count { get; private set; }

        public void Add(Turn turn)
        {
            if (!_queues.TryGetValue(turn.Network, out LinkedList<Turn>? queue))
            {
                _queues.Add(turn.Network, queue = []);
                _ring.AddLast(turn.Network);
            }

            queue.AddLast(turn);
            Count++;
        }

        public Turn Take()
        {
            string network = _ring.First!.Value;
            _ring.RemoveFirst();
            LinkedList<Turn> queue = _queues[network];
            Turn turn = queue.First!.Value;
            queue.RemoveFirst();
            Count--;
            if (queue.Count > 0) _ring.AddLast(network);
            else _queues.Remove(network);
            return turn;
        }

        public void Remove(Turn turn)
        {
            if (!_queues.TryGetValue(turn.Network, out LinkedList<Turn>? queue) || !queue.Remove(turn)) return;
            Count--;
            if (queue.Count > 0) return;
            _queues.Remove(turn.Network);
            _ring.Remove(turn.Network);
        }
    }
}
