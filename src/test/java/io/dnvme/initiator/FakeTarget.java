package io.dnvme.initiator;

import io.dnvme.block.ManualReactor;
import io.dnvme.block.Reactor;
import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.AnaGroupDescriptor;
import io.dnvme.nvme.AnaLog;
import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.DatasetManagementCommand;
import io.dnvme.nvme.DatasetRange;
import io.dnvme.nvme.FabricsCommand;
import io.dnvme.nvme.Feature;
import io.dnvme.nvme.FeaturesCommand;
import io.dnvme.nvme.GetLogPageCommand;
import io.dnvme.nvme.H2cData;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.IdentifyNamespace;
import io.dnvme.nvme.IdentifyNvmController;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.LogPage;
import io.dnvme.nvme.NamespaceDescriptors;
import io.dnvme.nvme.NamespaceList;
import io.dnvme.nvme.Pdu;
import io.dnvme.nvme.PduHeader;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.PropertyCommand;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.connection.CloseReason;
import io.dnvme.nvme.connection.ConnectionRules;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A target in memory with one namespace, under virtual time; what it says and does wrong is the
 * test's choice. Simple where it can be: one queue per session, everything answered at once.
 */
final class FakeTarget implements Dialer {

  static final int BLOCK_BYTES = 512;
  static final int CNTLID = 77;

  /** One connection. */
  final class Session implements Wire.Peer {
    final Wire wire;
    final TargetPdus pdus = new TargetPdus(false, false);
    final Map<Integer, MemorySegment> transfers = new HashMap<>();
    final List<Integer> eventRequests = new ArrayList<>();
    int qid = -1;
    int compareCid = -1;
    int compareStatus;

    Session(ManualReactor reactor, ConnectionRules rules) {
      wire = new Wire(reactor, rules, this);
    }

    @Override
    public void received(Wire from, int type, MemorySegment pdu) {
      if (silent) {
        return;
      }
      switch (type) {
        case PduType.IC_REQ -> {
          wire.peerFramer.initialized(false, false, 4);
          wire.deliver(pdus.icResp(0, 8192));
        }
        case PduType.CAPSULE_CMD -> command(pdu);
        case PduType.H2C_DATA -> transferred(pdu);
        default -> {
          if (!faultsExpected) {
            throw new AssertionError("the host sent " + PduType.name(type));
          }
        }
      }
    }

    private void command(MemorySegment pdu) {
      var entry = new SubmissionQueueEntry().wrap(pdu, CapsuleCmd.CCSQE);
      PduHeader header = new PduHeader().wrap(pdu, 0);
      boolean inCapsule = header.plen() > CapsuleCmd.SIZE;
      MemorySegment data =
          inCapsule ? pdu.asSlice(header.pdo(), header.dataBytes()) : MemorySegment.NULL;
      seen.add(entry);
      Integer refusal = refusals.apply(entry, qid);
      if (refusal != null) {
        if (refusal != HELD) {
          answer(entry.cid(), refusal, 0);
        }
        return;
      }
      boolean takes =
          qid > 0
              && (entry.opc() == IoOpcode.WRITE
                  || entry.opc() == IoOpcode.COMPARE
                  || entry.opc() == IoOpcode.DATASET_MANAGEMENT);
      if (takes && !inCapsule) {
        pending.put(entry.cid(), entry);
        transfers.put(entry.cid(), TargetPdus.bytes(entry.sglLength()));
        wire.deliver(pdus.r2t(entry.cid(), 1, 0, entry.sglLength()));
        return;
      }
      execute(entry, data);
    }

    private final Map<Integer, SubmissionQueueEntry> pending = new HashMap<>();

    private void transferred(MemorySegment pdu) {
      var h2c = new H2cData().wrap(pdu, 0);
      MemorySegment data = transfers.get(h2c.cccid());
      MemorySegment.copy(pdu, h2c.pdo(), data, h2c.datao(), h2c.datal());
      if (h2c.isLast()) {
        execute(pending.remove(h2c.cccid()), transfers.remove(h2c.cccid()));
      }
    }

    private void execute(SubmissionQueueEntry entry, MemorySegment data) {
      if (entry.opc() == FabricsCommand.OPCODE) {
        fabrics(entry, data);
      } else if (qid == 0) {
        admin(entry);
      } else {
        io(entry, data);
      }
    }

    private void fabrics(SubmissionQueueEntry entry, MemorySegment data) {
      switch (entry.segment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, entry.offset() + 4)) {
        case FabricsCommand.FCTYPE_CONNECT -> {
          var connect = new ConnectCommand().wrap(entry.segment(), entry.offset());
          qid = connect.qid();
          if (qid > 0) {
            wire.peerFramer.maxInCapsuleDataBytes(
                16 * identified.get(IdentifyController.IOCCSZ) - 64);
          }
          connectData.add(new ConnectData().wrap(data, 0));
          connects.add(connect);
          answer(entry.cid(), 0, CNTLID);
        }
        case FabricsCommand.FCTYPE_PROPERTY_GET -> {
          var get = new PropertyCommand().wrap(entry.segment(), entry.offset());
          answer(entry.cid(), 0, property(get.ofst()));
        }
        case FabricsCommand.FCTYPE_PROPERTY_SET -> {
          var set = new PropertyCommand().wrap(entry.segment(), entry.offset());
          cc = set.value();
          ccWrites.add(cc);
          answer(entry.cid(), 0, 0);
        }
        case FabricsCommand.FCTYPE_DISCONNECT -> {
          disconnects++;
          answer(entry.cid(), 0, 0);
        }
        default -> answer(entry.cid(), StatusCode.INVALID_FIELD.dnr(), 0);
      }
    }

    private long property(int ofst) {
      return switch (ofst) {
        case Property.CAP -> 127L | Property.Cap.TO.of(2) | Property.Cap.CSS.of(1);
        case Property.VS -> version;
        case Property.CC -> cc;
        case Property.CSTS ->
            Property.Cc.SHN.get(cc) != 0
                ? Property.Csts.SHST.of(Property.Csts.SHST_COMPLETE)
                : neverReady ? 0 : Property.Cc.EN.get(cc);
        default -> 0;
      };
    }

    private void admin(SubmissionQueueEntry entry) {
      switch (entry.opc()) {
        case AdminOpcode.IDENTIFY -> identify(entry);
        case AdminOpcode.SET_FEATURES -> {
          var set = new FeaturesCommand().wrap(entry.segment(), entry.offset());
          long granted = (queues - 1) | (long) (queues - 1) << 16;
          answer(entry.cid(), 0, set.fid() == Feature.NUMBER_OF_QUEUES ? granted : 0);
        }
        case AdminOpcode.ASYNC_EVENT_REQUEST -> eventRequests.add(entry.cid());
        case AdminOpcode.KEEP_ALIVE -> {
          keepAlives++;
          answer(entry.cid(), 0, 0);
        }
        case AdminOpcode.GET_LOG_PAGE -> logPage(entry);
        default -> answer(entry.cid(), StatusCode.INVALID_OPCODE.dnr(), 0);
      }
    }

    private void identify(SubmissionQueueEntry entry) {
      MemorySegment data = TargetPdus.bytes(4096);
      switch (new IdentifyCommand().wrap(entry.segment(), entry.offset()).cns()) {
        case IdentifyCommand.CNS_CONTROLLER -> {
          identified =
              new IdentifyController()
                  .wrap(data, 0)
                  .set(IdentifyController.MN, "fake")
                  .set(IdentifyController.SN, "1")
                  .set(IdentifyController.CNTLID, CNTLID)
                  .set(IdentifyController.MDTS, 4)
                  .set(IdentifyController.KAS, 1)
                  .set(IdentifyController.IOCCSZ, 4 + 4096 / 16)
                  .set(IdentifyController.OAES, 0x900)
                  .set(IdentifyController.CMIC, IdentifyController.CMIC_ANA)
                  .set(IdentifyController.FUSES, 1)
                  .set(IdentifyController.ONCS, 0xd)
                  .set(IdentifyController.VWC, 1)
                  .set(IdentifyController.CRDT1, 30);
          identifyController.accept(identified);
        }
        case IdentifyCommand.CNS_ACTIVE_NAMESPACES ->
            new NamespaceList().wrap(data, 0).nsid(0, namespaceThere ? 1 : 0);
        case IdentifyCommand.CNS_NAMESPACE_DESCRIPTORS ->
            new NamespaceDescriptors().wrap(data, 0).addUuid(uuid);
        case IdentifyCommand.CNS_NAMESPACE ->
            new IdentifyNamespace()
                .wrap(data, 0)
                .set(IdentifyNamespace.NSZE, blocks)
                .set(IdentifyNamespace.LBAF0_LBADS, 9)
                .set(IdentifyNamespace.DLFEAT, dlfeat)
                .set(IdentifyNamespace.ANAGRPID, 1);
        case IdentifyCommand.CNS_CONTROLLER_OF_COMMAND_SET ->
            new IdentifyNvmController()
                .wrap(data, 0)
                .set(IdentifyNvmController.WZSL, wzsl)
                .set(IdentifyNvmController.DMRSL, 1000);
        default -> {
          answer(entry.cid(), StatusCode.INVALID_FIELD.dnr(), 0);
          return;
        }
      }
      answerWith(entry.cid(), data);
    }

    private void logPage(SubmissionQueueEntry entry) {
      var get = new GetLogPageCommand().wrap(entry.segment(), entry.offset());
      logPages.add(get.lid());
      MemorySegment data = TargetPdus.bytes(get.lengthBytes());
      if (get.lid() == LogPage.ASYMMETRIC_NAMESPACE_ACCESS) {
        new AnaLog().wrap(data, 0).set(AnaLog.NAGD, 1);
        new AnaGroupDescriptor()
            .wrap(data, AnaLog.SIZE)
            .set(AnaGroupDescriptor.AGID, 1)
            .set(AnaGroupDescriptor.STATE, anaState);
      }
      answerWith(entry.cid(), data);
    }

    private void io(SubmissionQueueEntry entry, MemorySegment data) {
      var command = new ReadWriteCommand().wrap(entry.segment(), entry.offset());
      long at = command.slba() * BLOCK_BYTES;
      long length = (long) command.blocks() * BLOCK_BYTES;
      int status = 0;
      switch (entry.opc()) {
        case IoOpcode.READ -> {
          answerWith(entry.cid(), disk.asSlice(at, length));
          return;
        }
        case IoOpcode.COMPARE -> {
          boolean equal = disk.asSlice(at, length).mismatch(data) < 0;
          status = equal ? 0 : StatusCode.COMPARE_FAILURE.dnr();
          if ((entry.flags() & 3) == 1) {
            compareCid = entry.cid();
            compareStatus = status;
            return;
          }
        }
        case IoOpcode.WRITE -> {
          if ((entry.flags() & 3) == 2) {
            answer(compareCid, compareStatus, 0);
            status = compareStatus == 0 ? 0 : StatusCode.ABORTED_FAILED_FUSED.dnr();
          }
          if (status == 0) {
            MemorySegment.copy(data, 0, disk, at, length);
          }
        }
        case IoOpcode.WRITE_ZEROES -> disk.asSlice(at, length).fill((byte) 0);
        case IoOpcode.DATASET_MANAGEMENT -> {
          var set = new DatasetManagementCommand().wrap(entry.segment(), entry.offset());
          var range = new DatasetRange().wrap(data, 0);
          deallocated += range.blocks() * set.ranges();
        }
        default -> {}
      }
      answer(entry.cid(), status, 0);
    }

    void answer(int cid, int status, long result) {
      wire.deliver(pdus.response(cid, status, result));
    }

    void answerWith(int cid, MemorySegment data) {
      if (qid == 0) {
        spoil.accept(data);
      }
      wire.deliver(pdus.data(cid, 0, data, Pdu.FLAG_LAST_PDU | Pdu.FLAG_SUCCESS));
    }

    void event(int event) {
      answer(eventRequests.removeFirst(), 0, event);
    }

    void cut() {
      wire.cut(CloseReason.SOCKET_ERROR);
    }
  }

  /** Says what a command is answered with, or null for the truth. */
  interface Refusals {
    Integer apply(SubmissionQueueEntry entry, int qid);
  }

  /** A refusal that is never sent. */
  static final int HELD = -1;

  final List<Session> sessions = new ArrayList<>();
  final List<SubmissionQueueEntry> seen = new ArrayList<>();
  final List<ConnectCommand> connects = new ArrayList<>();
  final List<ConnectData> connectData = new ArrayList<>();
  final List<Long> ccWrites = new ArrayList<>();
  final List<Integer> logPages = new ArrayList<>();
  MemorySegment disk = TargetPdus.bytes(8 << 20);
  Refusals refusals = (entry, qid) -> null;
  Consumer<IdentifyController> identifyController = data -> {};
  Consumer<MemorySegment> spoil = data -> {};

  /** What the host was told last, spoilt or not. */
  private IdentifyController identified;

  boolean unreachable;
  boolean faultsExpected;
  boolean silent;
  boolean neverReady;
  boolean namespaceThere = true;
  int queues = 4;
  int wzsl = 0;
  int dlfeat = 9;
  int anaState = AnaGroupDescriptor.STATE_OPTIMIZED;
  long version = Property.VERSION_2_0;
  long blocks = (8 << 20) / BLOCK_BYTES;
  long cc;
  UUID uuid = new UUID(1, 2);
  int keepAlives;
  int disconnects;
  int dials;
  long deallocated;

  @Override
  public void dial(
      Reactor reactor, InetSocketAddress address, ConnectionRules rules, Consumer<String> failed) {
    dials++;
    if (unreachable) {
      reactor.execute(() -> failed.accept("connection refused"));
      return;
    }
    var session = new Session((ManualReactor) reactor, rules);
    sessions.add(session);
    reactor.execute(session.wire::open);
  }

  /** The open session of that queue, 0 for admin. */
  Session session(int qid) {
    return sessions.stream()
        .filter(session -> session.qid == qid && !session.wire.isClosed())
        .findFirst()
        .orElseThrow();
  }

  long openSessions() {
    return sessions.stream().filter(session -> !session.wire.isClosed()).count();
  }

  long seen(Predicate<SubmissionQueueEntry> which) {
    return seen.stream().filter(which).count();
  }

  /** All connections break at once, and the controller forgets its configuration. */
  void crash() {
    cc = 0;
    sessions.forEach(Session::cut);
  }
}
