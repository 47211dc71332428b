package io.dnvme.initiator;

import io.dnvme.block.Reactor;
import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.Feature;
import io.dnvme.nvme.FeaturesCommand;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.IdentifyNvmController;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.Status;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Brings a controller up over a fresh admin connection, step by step:
 *
 * <pre>
 *   Connect ─► CAP ─► VS ─► CRTO ─► CC.EN=0, wait for RDY=0 (only where it is enabled)
 *     ─► CC.EN=1, wait for RDY=1 ─► Identify Controller ─► limits of the NVM command set
 *     ─► Number of Queues ─► (the controller connects its I/O queues) ─► Async Event Configuration
 * </pre>
 *
 * <p>An answer that refuses a step ends the attempt; a lost connection ends it silently, since the
 * controller hears of it anyway. Source: NVMe Base 2.0 §3.5.2, NVMe over Fabrics 1.1 §1.5.
 */
final class BringUp {

  /** Told on the home reactor. */
  interface Listener {
    /** The controller is enabled and grants {@code queues} I/O queues. */
    void enabled(ControllerInfo info, int queues, int depth);

    /** Events are configured: the admin side is complete. */
    void configured(long events);

    /**
     * @param permanent trying again would be in vain
     */
    void failed(String reason, boolean permanent);
  }

  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long READY_UNIT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int PAGE_SHIFT = 12;
  private static final int SQES_SHIFT = 6;
  private static final int CQES_SHIFT = 4;

  private final Reactor reactor;
  private final ControllerOptions options;
  private final AdminQueue admin;
  private final Listener listener;

  private int cntlid;
  private long cap;
  private long version;
  private long readyTimeoutNanos;
  private IdentifyController identified;

  BringUp(Reactor reactor, ControllerOptions options, AdminQueue admin, Listener listener) {
    this.reactor = reactor;
    this.options = options;
    this.admin = admin;
    this.listener = listener;
  }

  /** The admin connection is ready. */
  void start() {
    admin.connect(options, ConnectData.CNTLID_DYNAMIC, this::connected);
  }

  /** The I/O queues are connected: goes on to the end. */
  void configureEvents(ControllerInfo info) {
    long wanted =
        info.events()
            & (IdentifyController.OAES_NAMESPACE_ATTRIBUTE
                | IdentifyController.OAES_ANA_CHANGE
                | IdentifyController.OAES_DISCOVERY_LOG_CHANGE);
    if (wanted == 0) {
      listener.configured(0);
      return;
    }
    admin.send(
        (entry, cid) ->
            new FeaturesCommand()
                .wrap(entry.segment(), entry.offset())
                .startSet(cid, Feature.ASYNC_EVENT_CONFIGURATION, (int) wanted),
        reply -> {
          if (succeeded(reply, "Async Event Configuration")) {
            listener.configured(wanted);
          }
        });
  }

  private void connected(AdminQueue.Reply reply) {
    if (!reply.isSuccess()) {
      listener.failed(
          "Connect refused: " + Status.describe(reply.status()), Status.isDnr(reply.status()));
      return;
    }
    if (ConnectCommand.RESULT_AUTHREQ_ATR.isSet(reply.result())
        || ConnectCommand.RESULT_AUTHREQ_ASCR.isSet(reply.result())) {
      listener.failed("the target demands authentication, which this host does not do", true);
      return;
    }
    cntlid = (int) ConnectCommand.RESULT_CNTLID.get(reply.result());
    get(Property.CAP, this::readCapabilities);
  }

  private void readCapabilities(long value) {
    cap = value;
    readyTimeoutNanos = Math.max(Property.Cap.TO.get(cap), 1) * READY_UNIT_NANOS;
    get(Property.VS, this::readVersion);
  }

  private void readVersion(long value) {
    version = value;
    boolean hasReadyTimeouts =
        Property.Cap.CRMS_CRWMS.isSet(cap) || Property.Cap.CRMS_CRIMS.isSet(cap);
    if (hasReadyTimeouts) {
      get(Property.CRTO, this::readReadyTimeouts);
    } else {
      get(Property.CC, this::disable);
    }
  }

  private void readReadyTimeouts(long crto) {
    long units = Property.Crto.CRWMT.get(crto);
    readyTimeoutNanos = Math.max(readyTimeoutNanos, units * READY_UNIT_NANOS);
    get(Property.CC, this::disable);
  }

  private void disable(long cc) {
    if (!Property.Cc.EN.isSet(cc)) {
      enable();
      return;
    }
    set(
        Property.CC,
        Property.Cc.EN.with(cc, 0),
        () -> await(false, reactor.clock().nanos() + readyTimeoutNanos, this::enable));
  }

  private void enable() {
    long css = Property.Cap.CSS.get(cap);
    boolean adminOnly = (css & Property.Cap.CSS_ADMIN_ONLY) != 0;
    boolean nvm = (css & Property.Cap.CSS_NVM) != 0 || css == 0;
    long commandSets =
        nvm
            ? Property.Cc.CSS_NVM
            : adminOnly ? Property.Cc.CSS_ADMIN_ONLY : Property.Cc.CSS_SEVERAL;
    long cc =
        Property.Cc.EN.of(1)
            | Property.Cc.CSS.of(commandSets)
            | Property.Cc.MPS.of(Property.Cap.MPSMIN.get(cap))
            | Property.Cc.IOSQES.of(SQES_SHIFT)
            | Property.Cc.IOCQES.of(CQES_SHIFT);
    set(
        Property.CC,
        cc,
        () -> await(true, reactor.clock().nanos() + readyTimeoutNanos, this::identify));
  }

  /** Polls CSTS until RDY is as wanted. */
  private void await(boolean ready, long deadlineNanos, Runnable next) {
    get(
        Property.CSTS,
        csts -> {
          if (Property.Csts.CFS.isSet(csts)) {
            listener.failed("the controller reports a fatal error (CSTS.CFS)", false);
          } else if (Property.Csts.RDY.isSet(csts) == ready) {
            next.run();
          } else if (reactor.clock().nanos() - deadlineNanos > 0) {
            listener.failed("the controller does not become ready in the time it stated", false);
          } else {
            reactor.timers().schedule(POLL_NANOS, () -> await(ready, deadlineNanos, next));
          }
        });
  }

  private void identify() {
    admin.send(
        (entry, cid) ->
            new IdentifyCommand()
                .wrap(entry.segment(), entry.offset())
                .start(cid, IdentifyCommand.CNS_CONTROLLER, 0),
        IdentifyCommand.DATA_SIZE,
        reply -> {
          if (succeeded(reply, "Identify Controller")) {
            identified = new IdentifyController().wrap(reply.data(), 0);
            identifyCommandSet();
          }
        });
  }

  /** Older targets do not know it, and without it MDTS bounds everything. */
  private void identifyCommandSet() {
    boolean several = (Property.Cap.CSS.get(cap) & Property.Cap.CSS_SEVERAL) != 0;
    if (version < Property.VERSION_2_0 && !several) {
      identified(0, 0);
      return;
    }
    admin.send(
        (entry, cid) ->
            new IdentifyCommand()
                .wrap(entry.segment(), entry.offset())
                .start(cid, IdentifyCommand.CNS_CONTROLLER_OF_COMMAND_SET, 0)
                .csi(IdentifyCommand.CSI_NVM),
        IdentifyCommand.DATA_SIZE,
        reply -> {
          if (!reply.isSuccess()) {
            identified(0, 0);
            return;
          }
          var limits = new IdentifyNvmController().wrap(reply.data(), 0);
          identified(
              (int) limits.get(IdentifyNvmController.WZSL),
              limits.get(IdentifyNvmController.DMRSL));
        });
  }

  private void identified(int wzsl, long dmrsl) {
    ControllerInfo info =
        ControllerInfo.read(
            identified,
            PAGE_SHIFT + (int) Property.Cap.MPSMIN.get(cap),
            options.queues().maxTransferBytes(),
            wzsl,
            dmrsl,
            version >= Property.VERSION_1_3);
    if (info.cntlid() != cntlid) {
      listener.failed("Identify tells another CNTLID than Connect", false);
    } else if (info.discovery() || options.queues().isAdminOnly()) {
      listener.enabled(info, 0, 0);
    } else {
      askForQueues(info);
    }
  }

  private void askForQueues(ControllerInfo info) {
    int asked0Based = options.queues().count() - 1;
    long value =
        Feature.NumberOfQueues.NSQ.of(asked0Based) | Feature.NumberOfQueues.NCQ.of(asked0Based);
    admin.send(
        (entry, cid) ->
            new FeaturesCommand()
                .wrap(entry.segment(), entry.offset())
                .startSet(cid, Feature.NUMBER_OF_QUEUES, (int) value),
        reply -> {
          if (!succeeded(reply, "Number of Queues")) {
            return;
          }
          long granted =
              1
                  + Math.min(
                      Feature.NumberOfQueues.NSQ.get(reply.result()),
                      Feature.NumberOfQueues.NCQ.get(reply.result()));
          long entries = Property.Cap.MQES.get(cap) + 1;
          listener.enabled(
              info,
              (int) Math.min(granted, options.queues().count()),
              Math.clamp(entries - 1, 1, options.queues().depth()));
        });
  }

  private void get(int property, LongConsumer next) {
    admin.getProperty(
        property,
        reply -> {
          if (succeeded(reply, String.format("Property Get %02Xh", property))) {
            next.accept(reply.result());
          }
        });
  }

  private void set(int property, long value, Runnable next) {
    admin.setProperty(
        property,
        value,
        reply -> {
          if (succeeded(reply, String.format("Property Set %02Xh", property))) {
            next.run();
          }
        });
  }

  private boolean succeeded(AdminQueue.Reply reply, String step) {
    if (reply.isSuccess()) {
      return true;
    }
    listener.failed(step + " failed: " + Status.describe(reply.status()), false);
    return false;
  }
}
