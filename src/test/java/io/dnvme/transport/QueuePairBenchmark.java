package io.dnvme.transport;

import com.sun.management.ThreadMXBean;
import io.dnvme.block.IoVector;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/**
 * What a command costs on a queue pair: a load run over loopback, not a test. A peer keeps so many
 * commands outstanding, each asks for so many bytes; printed are commands per second, CPU time of
 * the reactor's thread for one (of that in the kernel), system calls and bytes allocated for one.
 * The stream is interleaved with the barest thing that could answer the same peer on the same event
 * loop, without stream, framing or rules: the last column is the stream's rate to that one's.
 *
 * <pre>
 *   mvn -q test-compile dependency:build-classpath -Dmdep.outputFile=target/cp
 *   java -cp target/test-classes:target/classes:$(cat target/cp) \
 *     io.dnvme.transport.QueuePairBenchmark [adaptive|busy|sleep] [bytes] [seconds] [depth]...
 * </pre>
 */
final class QueuePairBenchmark {

  private static final int ROUNDS = 3;
  private static final int HEADER = AnswerRules.ANSWER_HEADER_BYTES;

  private final PollMode mode;
  private final int answerBytes;
  private final long roundNanos;

  private QueuePairBenchmark(PollMode mode, int answerBytes, long roundNanos) {
    this.mode = mode;
    this.answerBytes = answerBytes;
    this.roundNanos = roundNanos;
  }

  public static void main(String[] args) throws Exception {
    PollMode mode =
        PollMode.valueOf((args.length > 0 ? args[0] : "adaptive").toUpperCase(Locale.ROOT));
    int bytes = args.length > 1 ? Integer.parseInt(args[1]) : 4096;
    double seconds = args.length > 2 ? Double.parseDouble(args[2]) : 2;
    List<Integer> depths = new ArrayList<>();
    for (int i = 3; i < args.length; i++) {
      depths.add(Integer.parseInt(args[i]));
    }
    new QueuePairBenchmark(mode, bytes, (long) (seconds * 1e9))
        .run(depths.isEmpty() ? List.of(1, 8, 32, 128) : depths);
  }

  private void run(List<Integer> depths) throws Exception {
    System.out.printf(
        "%d byte answers, %s%n%5s %9s %9s %9s %8s %8s %8s %7s %7s%n",
        answerBytes,
        mode,
        "depth",
        "kIOPS",
        "CPU us",
        "user us",
        "epoll",
        "recv",
        "writev",
        "bytes",
        "bare us");
    try (TransportFixture fixture =
        new TransportFixture(
            TransportFixture.settings(1, mode),
            new TransportSettings(10, 10, TransportFixture.seconds(1)))) {
      EpollReactor reactor = fixture.reactors.get(0);
      InetSocketAddress streams = fixture.listen(AnswerRules::new).address();
      try (ServerSocketChannel bare = ServerSocketChannel.open()) {
        bare.bind(TransportFixture.anyPort());
        InetSocketAddress bareAddress = (InetSocketAddress) bare.getLocalAddress();
        for (int depth : depths) {
          List<Double> ratios = new ArrayList<>();
          for (int round = 0; round <= ROUNDS; round++) {
            BareAnswers answers = new BareAnswers(reactor);
            Figures withoutStream;
            try (SocketChannel peer = SocketChannel.open(bareAddress)) {
              answers.accept(bare);
              withoutStream = load(peer, reactor, depth);
              answers.end();
            }
            try (SocketChannel peer = SocketChannel.open(streams)) {
              Figures figures = load(peer, reactor, depth);
              if (round > 0) {
                ratios.add(figures.rate() / withoutStream.rate());
                figures.print(depth, withoutStream.cpuMicros());
              }
            }
          }
          Collections.sort(ratios);
          System.out.printf("%5d median %.3f of bare%n", depth, ratios.get(ratios.size() / 2));
        }
      }
    }
  }

  private Figures load(SocketChannel peer, EpollReactor reactor, int depth) throws IOException {
    peer.setOption(StandardSocketOptions.TCP_NODELAY, true);
    peer.configureBlocking(false);
    ByteBuffer commands = ByteBuffer.allocateDirect(depth * AnswerRules.CAPSULE_BYTES);
    for (int i = 0; i < depth; i++) {
      commands.put(TestPeer.capsule(i, answerBytes, i * 4096 % (AnswerRules.PATTERN_BYTES / 2)));
    }
    ByteBuffer answers = ByteBuffer.allocateDirect(1 << 20);
    long perAnswer = HEADER + answerBytes;
    write(peer, commands, depth);
    long start = System.nanoTime();
    Snapshot before = Snapshot.of(reactor);
    long received = 0;
    long answered = 0;
    while (System.nanoTime() - start < roundNanos) {
      answers.clear();
      received += peer.read(answers);
      long whole = received / perAnswer;
      if (whole > answered) {
        write(peer, commands, (int) (whole - answered));
        answered = whole;
      }
    }
    long nanos = System.nanoTime() - start;
    return new Figures(answered, nanos, before, Snapshot.of(reactor));
  }

  private static void write(SocketChannel peer, ByteBuffer commands, int count) throws IOException {
    commands.clear().limit(count * AnswerRules.CAPSULE_BYTES);
    while (commands.hasRemaining()) {
      peer.write(commands);
    }
  }

  private record Snapshot(
      long cpu, long user, long allocated, long waits, long receives, long writes) {
    static Snapshot of(EpollReactor reactor) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long id = 0;
      for (Thread thread : Thread.getAllStackTraces().keySet()) {
        if (thread.getName().equals("dnvme-reactor-0")) {
          id = thread.threadId();
        }
      }
      ReactorCounters counters = reactor.counters();
      return new Snapshot(
          threads.getThreadCpuTime(id),
          threads.getThreadUserTime(id),
          threads.getThreadAllocatedBytes(id),
          counters.epollWaits(),
          counters.receiveCalls(),
          counters.writeCalls());
    }
  }

  private record Figures(long commands, long nanos, Snapshot before, Snapshot after) {
    double rate() {
      return commands * 1e9 / nanos;
    }

    double cpuMicros() {
      return (after.cpu - before.cpu) / 1e3 / commands;
    }

    void print(int depth, double bareMicros) {
      double n = commands;
      System.out.printf(
          "%5d %9.1f %9.2f %9.2f %8.3f %8.3f %8.3f %7.2f %7.3f%n",
          depth,
          rate() / 1e3,
          cpuMicros(),
          (after.user - before.user) / n / 1e3,
          (after.waits - before.waits) / n,
          (after.receives - before.receives) / n,
          (after.writes - before.writes) / n,
          (after.allocated - before.allocated) / n,
          bareMicros);
    }
  }

  /** Answers capsules of 72 bytes in one read and one gathered write, and knows nothing else. */
  private static final class BareAnswers extends ReadyHandle {
    private final EpollReactor reactor;
    private final MemorySegment input = Arena.ofAuto().allocate(1 << 20, 64);
    private final MemorySegment headers = Arena.ofAuto().allocate(1 << 16, 64);
    private final IoVector ranges = new IoVector();
    private LinuxSocket socket;
    private IoRegistration registration;
    private int held;
    private long pending;

    BareAnswers(EpollReactor reactor) {
      super(reactor);
      this.reactor = reactor;
    }

    void accept(ServerSocketChannel server) throws Exception {
      SocketChannel accepted = server.accept();
      accepted.setOption(StandardSocketOptions.TCP_NODELAY, true);
      accepted.configureBlocking(false);
      var fd = Class.forName("sun.nio.ch.SocketChannelImpl").getDeclaredMethod("getFDVal");
      fd.setAccessible(true);
      socket = LinuxSocket.newSocket((int) fd.invoke(accepted));
      reactor.execute(() -> {
        registration = reactor.register(this);
        registration.submit(EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLET));
      });
    }

    void end() {
      CompletableFuture<Void> done = new CompletableFuture<>();
      reactor.execute(() -> {
        registration.cancel();
        done.complete(null);
      });
      done.join();
    }

    @Override
    public FileDescriptor fd() {
      return socket;
    }

    @Override
    void failed(Throwable e) {
      registration.cancel();
    }

    @Override
    void ready(int what) {
      try {
        if (pending > 0) {
          send();
        }
        if (pending == 0) {
          receive();
        }
      } catch (IOException e) {
        registration.cancel();
      }
    }

    private void receive() throws IOException {
      reactor.counters().receiveCalls++;
      held += Math.max(0, socket.recvAddress(input.address(), held, 1 << 20));
      int at = 0;
      int header = 0;
      ranges.clear();
      for (; at + 72 <= held; at += 72) {
        int length = input.get(AnswerRules.INT, at + AnswerRules.LENGTH);
        headers.set(AnswerRules.INT, header, input.get(AnswerRules.INT, at + AnswerRules.NUMBER));
        headers.set(AnswerRules.INT, header + 4, length);
        ranges.add(headers, header, HEADER);
        header += HEADER;
        ranges.add(
            AnswerRules.PATTERN, input.get(AnswerRules.INT, at + AnswerRules.OFFSET), length);
      }
      MemorySegment.copy(input, at, input, 0, held - at);
      held -= at;
      pending = ranges.lengthBytes();
      if (pending > 0) {
        send();
      }
    }

    private void send() throws IOException {
      GatherList list = reactor.gatherList();
      while (pending > 0) {
        long listed = list.build(ranges, ranges.lengthBytes() - pending);
        reactor.counters().writeCalls++;
        long sent = socket.writevAddresses(list.address(), list.count());
        pending -= sent;
        if (sent < listed) {
          registration.submit(
              EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLOUT).with(EpollIoOps.EPOLLET));
          return;
        }
      }
    }

    @Override
    public void close() {}
  }
}
