package io.dnvme.nvme;

import io.dnvme.block.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the codec costs for one command, and that it allocates nothing: run it with {@code -prof gc}
 * and look for 0 B/op. How: docs/performance.md.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBenchmark {

  /** Commands in the receive buffer. */
  private static final int COMMANDS = 32;

  private static final int BLOCK = 4096;

  @Param({"false", "true"})
  private boolean digests;

  private final MemorySegment received = Arena.ofShared().allocate(COMMANDS * 8192L, 4096);
  private final MemorySegment sent = Arena.ofShared().allocate(8192, 4096);
  private final MemorySegment data = Arena.ofShared().allocate(1 << 20, 4096);

  private final IoVector vector = new IoVector().add(data, 0, 8192).add(data, 16384, 8192);

  private final PduFramer framer = new PduFramer(PduFramer.Role.CONTROLLER);
  private final Crc32c crc = new Crc32c();
  private final CapsuleCmd capsule = new CapsuleCmd();
  private final ReadWriteCommand command = new ReadWriteCommand();
  private final C2hData c2hData = new C2hData();
  private final CapsuleResp response = new CapsuleResp();
  private final CompletionQueueEntry completion = new CompletionQueueEntry();

  private long readsEnd;
  private long writesStart;
  private long writesEnd;

  @Setup
  public void fillReceiveBuffer() {
    framer.initialized(digests, digests, 4);
    long at = 0;
    for (int i = 0; i < COMMANDS; i++) {
      capsule.wrap(received, at).start(digests);
      command.wrap(received, at + CapsuleCmd.CCSQE);
      command.start(IoOpcode.READ, i, 1, 8L * i, 8).sglTransport(BLOCK);
      at += capsule.seal(crc).plen();
    }
    readsEnd = at;
    writesStart = at;
    for (int i = 0; i < COMMANDS; i++) {
      capsule.wrap(received, at).startWithData(BLOCK, digests, digests);
      command.wrap(received, at + CapsuleCmd.CCSQE);
      command.start(IoOpcode.WRITE, i, 1, 8L * i, 8).sglInCapsule(BLOCK);
      if (digests) {
        int digest = crc.of(received, at + capsule.pdo(), BLOCK);
        capsule.u32(capsule.plen() - Crc32c.SIZE, digest);
      }
      at += capsule.seal(crc).plen();
    }
    writesEnd = at;
  }

  @Benchmark
  @OperationsPerInvocation(COMMANDS)
  public long decodeReads() {
    return decode(0, readsEnd);
  }

  @Benchmark
  @OperationsPerInvocation(COMMANDS)
  public long decodeWrites() {
    return decode(writesStart, writesEnd);
  }

  private long decode(long from, long to) {
    long sum = 0;
    for (long at = from; at < to; at += framer.plen()) {
      if (framer.frame(received, at, to) != PduFramer.Outcome.WHOLE
          || !framer.isDataDigestRight(received, at)) {
        throw new IllegalStateException("fault " + framer.fes() + " at " + at);
      }
      command.wrap(received, at + CapsuleCmd.CCSQE);
      sum += command.opc() + command.cid() + command.nsid() + command.slba() + command.blocks();
      sum += command.sglLength() + framer.dataBytes();
    }
    return sum;
  }

  @Benchmark
  public long encodeReadAnswer() {
    c2hData
        .wrap(sent, 0)
        .start(Pdu.FLAG_LAST_PDU | Pdu.FLAG_SUCCESS, BLOCK, digests, digests)
        .cccid(7)
        .seal(crc);
    return digests ? crc.of(data, 64 * 1024, BLOCK) : c2hData.plen();
  }

  @Benchmark
  public long encodeWriteAnswer() {
    completion.wrap(sent, CapsuleResp.RCCQE).complete(0, 3, 7, Status.SUCCESS);
    return response.wrap(sent, 0).start(digests).seal(crc).plen();
  }

  @Benchmark
  public int digestOf4KiB() {
    return crc.of(data, 4096, BLOCK);
  }

  @Benchmark
  public int digestOf4KiBInAVector() {
    return crc.of(vector, 6144, BLOCK);
  }

  @Benchmark
  public int digestOf1MiB() {
    return crc.of(data, 0, 1 << 20);
  }
}
