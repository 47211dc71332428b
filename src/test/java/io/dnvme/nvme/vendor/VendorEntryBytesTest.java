package io.dnvme.nvme.vendor;

import static io.dnvme.nvme.vendor.DiskOp.ADMIT;
import static io.dnvme.nvme.vendor.DiskOp.ALLOCATE;
import static io.dnvme.nvme.vendor.DiskOp.FREE;
import static io.dnvme.nvme.vendor.DiskOp.GROW;
import static io.dnvme.nvme.vendor.DiskOp.LIST;
import static io.dnvme.nvme.vendor.DiskOp.USAGE;
import static io.dnvme.nvme.vendor.EntryResult.CONFLICT;
import static io.dnvme.nvme.vendor.EntryResult.DONE;
import static io.dnvme.nvme.vendor.EntryResult.LOWER_EPOCH;
import static io.dnvme.nvme.vendor.EntryResult.NOT_PERMITTED;
import static io.dnvme.nvme.vendor.EntryResult.OLDER_GENERATION;
import static io.dnvme.nvme.vendor.EntryResult.RETIRED;
import static io.dnvme.nvme.vendor.EntryResult.UNKNOWN;
import static io.dnvme.nvme.vendor.EntryResult.WAIT;
import static io.dnvme.nvme.vendor.RecordOp.ACCEPT;
import static io.dnvme.nvme.vendor.RecordOp.CREATE;
import static io.dnvme.nvme.vendor.RecordOp.FORGET;
import static io.dnvme.nvme.vendor.RecordOp.JOIN;
import static io.dnvme.nvme.vendor.RecordOp.LEAVE;
import static io.dnvme.nvme.vendor.RecordOp.PROBE;
import static io.dnvme.nvme.vendor.RecordOp.PROMISE;
import static io.dnvme.nvme.vendor.RecordOp.READ;
import static io.dnvme.nvme.vendor.RecordOp.RELEASE;
import static io.dnvme.nvme.vendor.RecordOp.RENEW;
import static io.dnvme.nvme.vendor.RecordOp.RETIRE;
import static io.dnvme.nvme.vendor.VendorSamples.DISK;
import static io.dnvme.nvme.vendor.VendorSamples.EPOCH;
import static io.dnvme.nvme.vendor.VendorSamples.LEG;
import static io.dnvme.nvme.vendor.VendorSamples.LOWER;
import static io.dnvme.nvme.vendor.VendorSamples.POWER;
import static io.dnvme.nvme.vendor.VendorSamples.RIVAL;
import static io.dnvme.nvme.vendor.WireEpoch.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation's request and reply have the bytes of docs/vendor-command-bytes.md. */
class VendorEntryBytesTest {

  private static final Path DOCUMENT = Path.of("docs/vendor-command-bytes.md");

  private static final Pattern GOLDEN =
      Pattern.compile("([A-Z]+ (?:request|reply)):\\n\\n```\\n(.*?)```", Pattern.DOTALL);

  private static final WireEpoch HIGHER = new WireEpoch(0x0103, RIVAL);
  private static final UUID NOBODY = DiskRequest.NONE;
  private static final long LEASE_NANOS = 400_000_000;
  private static final long WAIT_NANOS = 500_000_000;
  private static final long GIB = 1 << 30;
  private static final byte[] RECORD = "record".getBytes();
  private static final byte[] DELETED = "deleted".getBytes();
  private static final byte[] SUCCESSORS = "successors".getBytes();
  private static final byte[] NO_BODY = VendorEntry.NO_BODY;

  static Stream<VendorEntry> entries() {
    return Stream.of(
        asked(PROBE, EPOCH, 0, 0, NO_BODY),
        answered(PROBE, WAIT, LOWER, LOWER, 2, WAIT_NANOS, RECORD),
        asked(READ, NONE, 0, 0, NO_BODY),
        answered(READ, DONE, EPOCH, LOWER, 2, 0, RECORD),
        asked(PROMISE, EPOCH, 0, 0, NO_BODY),
        answered(PROMISE, LOWER_EPOCH, HIGHER, LOWER, 2, 0, NO_BODY),
        asked(ACCEPT, EPOCH, 3, 0, RECORD),
        answered(ACCEPT, OLDER_GENERATION, EPOCH, EPOCH, 4, 0, NO_BODY),
        asked(RELEASE, EPOCH, 0, 0, NO_BODY),
        answered(RELEASE, DONE, EPOCH, EPOCH, 3, 0, NO_BODY),
        asked(RETIRE, EPOCH, 4, 0, SUCCESSORS),
        answered(RETIRE, DONE, EPOCH, EPOCH, 3, 0, NO_BODY),
        asked(FORGET, EPOCH, 5, 0, DELETED),
        answered(FORGET, UNKNOWN, NONE, NONE, 0, 0, NO_BODY),
        asked(CREATE, EPOCH, 0, LEASE_NANOS, NO_BODY),
        answered(CREATE, DONE, EPOCH, NONE, 0, 0, NO_BODY),
        asked(JOIN, EPOCH, 4, LEASE_NANOS, NO_BODY),
        answered(JOIN, RETIRED, EPOCH, LOWER, 2, 0, SUCCESSORS),
        asked(LEAVE, EPOCH, 4, 0, NO_BODY),
        answered(LEAVE, WAIT, EPOCH, NONE, 0, WAIT_NANOS, NO_BODY),
        RecordRequest.await(WAIT_NANOS),
        RecordReply.free(RecordRequest.await(WAIT_NANOS), List.of(LEG, DISK)),
        DiskRequest.allocate(DISK, LEG, 3 * GIB, "purpose".getBytes()),
        answered(ALLOCATE, CONFLICT, LEG, LOWER, 3 * GIB),
        DiskRequest.grow(DISK, EPOCH, 4 * GIB),
        answered(GROW, DONE, LEG, EPOCH, 4 * GIB),
        DiskRequest.free(DISK, EPOCH, RECORD),
        answered(FREE, NOT_PERMITTED, LEG, EPOCH, 3 * GIB),
        DiskRequest.list(DISK),
        list(List.of(new LogicalDiskInfo(DISK, LEG, 3 * GIB, EPOCH))),
        DiskRequest.usage(),
        usage(8 * GIB, 5 * GIB),
        DiskRequest.admit(DISK, EPOCH),
        answered(ADMIT, LOWER_EPOCH, LEG, HIGHER, 3 * GIB));
  }

  private static RecordRequest asked(
      RecordOp op, WireEpoch epoch, long generation, long leaseNanos, byte[] body) {
    return new RecordRequest(op, LEG, epoch, generation, leaseNanos, body);
  }

  private static RecordReply answered(
      RecordOp op,
      EntryResult result,
      WireEpoch promised,
      WireEpoch accepted,
      long generation,
      long waitNanos,
      byte[] body) {
    return new RecordReply(op, result, LEG, promised, accepted, generation, waitNanos, false, body);
  }

  private static DiskReply answered(
      DiskOp op, EntryResult result, UUID leg, WireEpoch admitted, long sizeBytes) {
    return new DiskReply(
        op, result, DISK, leg, admitted, sizeBytes, 0, GIB, 4096, POWER, false, false, NO_BODY);
  }

  private static DiskReply list(List<LogicalDiskInfo> disks) {
    byte[] body = LogicalDiskInfo.encode(disks);
    return new DiskReply(LIST, DONE, DISK, NOBODY, NONE, 0, 0, GIB, 4096, POWER, true, false, body);
  }

  private static DiskReply usage(long sizeBytes, long freeBytes) {
    return new DiskReply(
        USAGE, DONE, NOBODY, NOBODY, NONE, sizeBytes, freeBytes, GIB, 4096, POWER, false, false,
        NO_BODY);
  }

  private static String name(VendorEntry entry) {
    return switch (entry) {
      case RecordRequest request -> request.op() + " request";
      case RecordReply reply -> reply.op() + " reply";
      case DiskRequest request -> request.op() + " request";
      case DiskReply reply -> reply.op() + " reply";
    };
  }

  private static Map<String, String> documented() throws IOException {
    var dumps = new LinkedHashMap<String, String>();
    Matcher matcher = GOLDEN.matcher(Files.readString(DOCUMENT));
    while (matcher.find()) {
      dumps.put(matcher.group(1), matcher.group(2));
    }
    return dumps;
  }

  /** The bytes that a dump without its lines of zeroes shows. */
  private static byte[] bytes(String dump) {
    String[] lines = dump.split("\n");
    var bytes = new byte[Integer.parseInt(lines[lines.length - 1], 16)];
    for (String line : List.of(lines).subList(0, lines.length - 1)) {
      byte[] row = HexFormat.ofDelimiter(" ").parseHex(line.substring(6));
      System.arraycopy(row, 0, bytes, Integer.parseInt(line.substring(0, 4), 16), row.length);
    }
    return bytes;
  }

  @ParameterizedTest
  @MethodSource("entries")
  void entry_isWrittenAsDocumented_andReadBack(VendorEntry entry) throws IOException {
    byte[] golden = bytes(documented().get(name(entry)));
    byte[] body = entry.body();
    var written = new byte[entry.encodedBytes()];
    entry.write(MemorySegment.ofArray(written), 0);
    System.arraycopy(body, 0, written, VendorEntry.SIZE, body.length);
    assertThat(HexFormat.of().formatHex(written)).isEqualTo(HexFormat.of().formatHex(golden));
    MemorySegment read = MemorySegment.ofArray(golden);
    VendorEntry again =
        switch (entry) {
          case RecordRequest request -> RecordRequest.read(read, 0, body, VendorSamples.CALLER);
          case RecordReply reply -> RecordReply.read(read, 0, body, VendorSamples.STORE);
          case DiskRequest request -> DiskRequest.read(read, 0, body, VendorSamples.CALLER);
          case DiskReply reply -> DiskReply.read(read, 0, body, VendorSamples.STORE);
        };
    assertThat(again).isEqualTo(entry);
  }

  /** RENEW's are in docs/vendor-commands.md. */
  @Test
  void everyOperation_isDocumented() throws IOException {
    Set<String> expected =
        Stream.concat(
                Stream.of(RecordOp.values()).filter(op -> op != RENEW), Stream.of(DiskOp.values()))
            .flatMap(op -> Stream.of(op + " request", op + " reply"))
            .collect(Collectors.toSet());
    assertThat(entries().map(VendorEntryBytesTest::name)).hasSameElementsAs(expected);
    assertThat(documented().keySet()).hasSameElementsAs(expected);
  }
}
