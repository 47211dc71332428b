package io.dnvme.nvme.vendor;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** One message of each form, with another value in every field. */
public final class VendorSamples {

  public static final UUID CLUSTER = UUID.fromString("c0000000-0000-4000-8000-000000000001");
  public static final UUID CALLER = UUID.fromString("ca000000-0000-4000-8000-000000000002");
  public static final UUID STORE = UUID.fromString("50000000-0000-4000-8000-000000000003");
  public static final UUID LEG = UUID.fromString("1e900000-0000-4000-8000-000000000004");
  public static final UUID DISK = UUID.fromString("d1500000-0000-4000-8000-000000000005");
  public static final UUID RIVAL = UUID.fromString("41fa1000-0000-4000-8000-000000000006");
  public static final UUID POWER = UUID.fromString("b0070000-0000-4000-8000-000000000007");
  public static final UUID NODE = UUID.fromString("0de00000-0000-4000-8000-000000000008");
  public static final UUID MEDIUM = UUID.fromString("3ed10000-0000-4000-8000-000000000009");

  public static final WireEpoch EPOCH = new WireEpoch(0x0102, CALLER);
  public static final WireEpoch LOWER = new WireEpoch(0x0101, RIVAL);

  public static final NodeIdentity IDENTITY =
      new NodeIdentity(
          NODE,
          CLUSTER,
          STORE,
          MEDIUM,
          POWER,
          NodeIdentity.HOLDS_RECORDS | NodeIdentity.HAS_LOGICAL_DISKS,
          1,
          2);

  public static final Envelope<RecordRequest> RECORD_REQUESTS =
      new Envelope<>(
          Envelope.Kind.RECORD_REQUESTS,
          CLUSTER,
          CALLER,
          7,
          List.of(
              RecordRequest.of(RecordOp.RELEASE, LEG, EPOCH),
              new RecordRequest(RecordOp.ACCEPT, LEG, EPOCH, 3, 0, "record".getBytes())));

  public static final Envelope<RecordReply> RECORD_REPLIES =
      new Envelope<>(
          Envelope.Kind.RECORD_REPLIES,
          CLUSTER,
          STORE,
          7,
          List.of(
              new RecordReply(
                  RecordOp.PROMISE,
                  EntryResult.DONE,
                  LEG,
                  EPOCH,
                  LOWER,
                  2,
                  0,
                  false,
                  "record".getBytes()),
              new RecordReply(
                  RecordOp.PROBE,
                  EntryResult.WAIT,
                  LEG,
                  LOWER,
                  LOWER,
                  2,
                  500_000_000,
                  true,
                  VendorEntry.NO_BODY)));

  public static final Envelope<RecordRequest> RENEWALS =
      new Envelope<>(
          Envelope.Kind.RECORD_REQUESTS,
          CLUSTER,
          CALLER,
          10,
          List.of(
              new RecordRequest(RecordOp.RENEW, LEG, EPOCH, 0, 400_000_000, VendorEntry.NO_BODY),
              new RecordRequest(RecordOp.RENEW, DISK, EPOCH, 0, 400_000_000, VendorEntry.NO_BODY)));

  public static final Envelope<RecordReply> CONFIRMATIONS =
      new Envelope<>(
          Envelope.Kind.RECORD_REPLIES,
          CLUSTER,
          STORE,
          10,
          List.of(
              confirmation(LEG),
              new RecordReply(
                  RecordOp.RENEW,
                  EntryResult.LOWER_EPOCH,
                  DISK,
                  new WireEpoch(0x0103, RIVAL),
                  WireEpoch.NONE,
                  0,
                  0,
                  false,
                  VendorEntry.NO_BODY)));

  public static final Envelope<RecordReply> FREE_LEGS =
      new Envelope<>(
          Envelope.Kind.RECORD_REPLIES,
          CLUSTER,
          STORE,
          9,
          List.of(RecordReply.free(RecordRequest.await(500_000_000), List.of(LEG, DISK))));

  public static final Envelope<DiskRequest> DISK_REQUESTS =
      new Envelope<>(
          Envelope.Kind.DISK_REQUESTS,
          CLUSTER,
          CALLER,
          8,
          List.of(
              DiskRequest.allocate(DISK, LEG, 3L << 30), DiskRequest.free(DISK, EPOCH, bytes(9))));

  public static final Envelope<DiskReply> DISK_REPLIES =
      new Envelope<>(
          Envelope.Kind.DISK_REPLIES,
          CLUSTER,
          STORE,
          8,
          List.of(
              new DiskReply(
                  DiskOp.LIST,
                  EntryResult.DONE,
                  DISK,
                  LEG,
                  EPOCH,
                  3L << 30,
                  5L << 30,
                  1L << 30,
                  4096,
                  POWER,
                  true,
                  false,
                  LogicalDiskInfo.encode(
                      List.of(new LogicalDiskInfo(DISK, LEG, 3L << 30, EPOCH))))));

  private VendorSamples() {}

  static RecordReply confirmation(UUID leg) {
    return new RecordReply(
        RecordOp.RENEW,
        EntryResult.DONE,
        leg,
        EPOCH,
        WireEpoch.NONE,
        0,
        0,
        false,
        VendorEntry.NO_BODY);
  }

  /** By the names that docs/vendor-commands.md gives them. */
  static Map<String, byte[]> byName() {
    var samples = new LinkedHashMap<String, byte[]>();
    samples.put("node identity", IDENTITY.encode());
    samples.put("record requests", RECORD_REQUESTS.encode());
    samples.put("record replies", RECORD_REPLIES.encode());
    samples.put("renewals", RENEWALS.encode());
    samples.put("answers to renewals", CONFIRMATIONS.encode());
    samples.put("free legs", FREE_LEGS.encode());
    samples.put("logical disk requests", DISK_REQUESTS.encode());
    samples.put("logical disk replies", DISK_REPLIES.encode());
    return samples;
  }

  static byte[] bytes(int length) {
    var bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i + 1);
    }
    return bytes;
  }
}
