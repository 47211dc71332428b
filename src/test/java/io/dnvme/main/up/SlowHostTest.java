package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.StatusCode;
import io.dnvme.transport.ReactorHoldings;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A host that asks for much and reads none of it. */
class SlowHostTest {

  private static final int READ_BLOCKS = 32;
  private static final int READ_BYTES = READ_BLOCKS * LiveServer.BLOCK_BYTES;
  private static final int DEPTH = LiveServer.QUEUE_ENTRIES - 1;
  private static final int SLOW_HOSTS = 4;

  /** Of each reactor; less than what three slow hosts ask for. */
  private static final long BUFFER_BYTES = 40 << 20;

  /** One slow host gets all it asks for. */
  private static final long ENOUGH_BUFFER_BYTES = 256 << 20;

  private static final long SPILL_BYTES = 24 << 20;

  /** Received bytes, and copies of what one connection had on its way out, of 17 connections. */
  private static final int MAX_REGIONS = 17 * 8;

  private static final int SMALL_RECEIVE_BUFFER_BYTES = 16 << 10;

  @TempDir Path temp;

  private LiveServer serve(Backing backing, long bufferBytes) {
    var memory =
        Map.of(
            "transport.reactor.buffer-memory", Long.toString(bufferBytes),
            "transport.reactor.spill-memory", Long.toString(SPILL_BYTES));
    return backing == Backing.MEMORY
        ? LiveServer.ofMemory(LiveServer.LIMITS, memory, "a=64M")
        : LiveServer.ofFiles(temp.resolve("disks"), memory, "a=64M");
  }

  @ParameterizedTest
  @CsvSource({"MEMORY, 1", "FILE, 1", "MEMORY, 4", "FILE, 4", "FILE, 16"})
  void hostsThatDoNotRead_areBounded_othersWriteWhatTheyWait_andTheyGetItWhole(
      Backing backing, int slowHosts) throws Exception {
    long bufferBytes = slowHosts == 1 ? ENOUGH_BUFFER_BYTES : BUFFER_BYTES;
    try (LiveServer server = serve(backing, bufferBytes)) {
      try (var good = new GoodHost(server, "a", new UUID(1, 1))) {
        slowHostsAndAGoodOne(server, good, slowHosts);
      }
      server.awaitNothingHeld();
    }
  }

  @ParameterizedTest
  @EnumSource(Backing.class)
  void hostsThatNeverSendTheirData_areBounded_othersGoOn(Backing backing) throws Exception {
    try (LiveServer server = serve(backing, BUFFER_BYTES)) {
      try (var good = new GoodHost(server, "a", new UUID(1, 1))) {
        var hosts = new ArrayList<WireHost>();
        for (int i = 0; i < SLOW_HOSTS; i++) {
          WireHost host = server.host("a").bringUp();
          hosts.add(host);
          for (int j = 0; j < DEPTH; j++) {
            host.submit(host.io, IoOpcode.WRITE, (long) j * READ_BLOCKS, READ_BLOCKS);
          }
          assertThat(host.io.next()).isInstanceOf(WireQueue.Asked.class);
        }
        for (int i = 0; i < DEPTH; i++) {
          long lba = (long) i * READ_BLOCKS;
          assertThat(good.write(lba, READ_BLOCKS, 2).isSuccess()).isTrue();
          good.readAndCheck(lba, READ_BLOCKS, 2);
          assertBounded(server.holdings());
        }
        for (WireHost host : hosts) {
          host.leave();
        }
      }
      server.awaitNothingHeld();
    }
  }

  private static void slowHostsAndAGoodOne(LiveServer server, GoodHost good, int slowHosts)
      throws IOException {
    for (int i = 0; i < DEPTH; i++) {
      assertThat(good.write((long) i * READ_BLOCKS, READ_BLOCKS, 1).isSuccess()).isTrue();
    }
    var hosts = new HashMap<WireHost, Map<Integer, Integer>>();
    for (int i = 0; i < slowHosts; i++) {
      WireHost host = server.host("a");
      host.connectAdmin(0);
      host.enable();
      host.io = host.connectIo(1, SMALL_RECEIVE_BUFFER_BYTES);
      hosts.put(host, submitReads(host));
    }
    // Everything that waits to be read is written again, and read by a host that reads.
    for (int i = 0; i < DEPTH; i++) {
      long lba = (long) i * READ_BLOCKS;
      assertThat(good.write(lba, READ_BLOCKS, 2).isSuccess()).isTrue();
      good.readAndCheck(lba, READ_BLOCKS, 2);
      assertBounded(server.holdings());
    }
    for (var host : hosts.entrySet()) {
      readAll(host.getKey(), host.getValue(), slowHosts == 1);
      host.getKey().leave();
    }
  }

  @Test
  void hostsThatNeverRead_leaveNothingWhenTheyGo() throws Exception {
    try (LiveServer server = serve(Backing.MEMORY, BUFFER_BYTES)) {
      for (int i = 0; i < SLOW_HOSTS; i++) {
        WireHost host = server.host("a");
        host.connectAdmin(0);
        host.enable();
        host.io = host.connectIo(1, SMALL_RECEIVE_BUFFER_BYTES);
        submitReads(host);
        LiveServer.await("answers wait", () -> somethingWaits(server.holdings()));
        if (i % 2 == 0) {
          host.io.reset();
        }
        host.close();
      }
      server.awaitNothingHeld();
    }
  }

  /**
   * Answers beyond the batch on its way out wait in buffers. Where the socket was full after a few
   * reads, the others have not been taken from it yet, and the rest of that batch is all that
   * waits.
   */
  private static boolean somethingWaits(ReactorHoldings holdings) {
    return holdings.buffers() > 0 || holdings.spillBytes() > 0;
  }

  /** The number of each read by its identifier. */
  private static Map<Integer, Integer> submitReads(WireHost host) throws IOException {
    var reads = new HashMap<Integer, Integer>();
    for (int i = 0; i < DEPTH; i++) {
      reads.put(host.submit(host.io, IoOpcode.READ, (long) i * READ_BLOCKS, READ_BLOCKS), i);
    }
    return reads;
  }

  private static void assertBounded(ReactorHoldings holdings) {
    assertThat(holdings.spillBytes()).isLessThanOrEqualTo(LiveServer.REACTORS * SPILL_BYTES);
    assertThat((long) holdings.buffers() * READ_BYTES)
        .isLessThanOrEqualTo(LiveServer.REACTORS * BUFFER_BYTES);
    assertThat(holdings.regions()).isLessThanOrEqualTo(MAX_REGIONS);
  }

  /** Every block is as it was before it was written again, or as it was afterwards. */
  private static void readAll(WireHost host, Map<Integer, Integer> reads, boolean roomForAll)
      throws IOException {
    for (int i = 0; i < DEPTH; i++) {
      var completed = (WireQueue.Completed) host.io.next();
      int number = reads.remove(completed.cid());
      if (!roomForAll && StatusCode.COMMAND_INTERRUPTED.is(completed.status())) {
        // A device wanted its memory back, and there was none for a copy: the host may try again.
        continue;
      }
      assertThat(completed.status()).isZero();
      assertThat(completed.data()).hasSize(READ_BYTES);
      MemorySegment data = MemorySegment.ofArray(completed.data());
      for (int block = 0; block < READ_BLOCKS; block++) {
        assertThat(
                GoodHost.versionOf(
                    data.asSlice((long) block * LiveServer.BLOCK_BYTES, LiveServer.BLOCK_BYTES),
                    (long) number * READ_BLOCKS + block))
            .isBetween(1, 2);
      }
    }
    assertThat(reads).isEmpty();
  }
}
