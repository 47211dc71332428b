package io.dnvme.target.controller;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.nvme.Command;
import io.dnvme.nvme.Feature;
import io.dnvme.nvme.Feature.ErrorRecovery;
import io.dnvme.nvme.Feature.NumberOfQueues;
import io.dnvme.nvme.Feature.ReservationPersistence;
import io.dnvme.nvme.Feature.TemperatureThreshold;
import io.dnvme.nvme.Feature.VolatileWriteCache;
import io.dnvme.nvme.FeaturesCommand;
import io.dnvme.nvme.HostBehaviorSupport;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.io.BlockOutcome;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.reservation.ReservationRequest;
import io.dnvme.target.subsystem.Namespace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The features of an I/O controller (NVMe Base 2.0 §5.27.1). On the controller's reactor. */
final class IoFeatures extends CommonFeatures<IoController> {

  /** Composite temperature thresholds to begin with, in kelvins: over and under. */
  private static final int OVER_KELVIN = 343;

  private static final int UNDER_KELVIN = 273;

  private final Map<Integer, Integer> values = new HashMap<>();
  private final Map<Integer, Integer> errorRecovery = new HashMap<>();
  private final byte[] hostBehavior = new byte[HostBehaviorSupport.SIZE];
  private int grantedQueues;
  private int overKelvin;
  private int underKelvin;
  private boolean writeCacheEnabled;

  IoFeatures(IoController controller) {
    super(controller);
    stored(Feature.ARBITRATION);
    stored(Feature.WRITE_ATOMICITY_NORMAL);
    onlyZero(Feature.POWER_MANAGEMENT);
    onlyZero(Feature.COMMAND_SET_PROFILE);
    changeable(
        Feature.TEMPERATURE_THRESHOLD, OVER_KELVIN, this::getTemperature, this::setTemperature);
    ofNamespaces(Feature.ERROR_RECOVERY, 0, this::getErrorRecovery, this::setErrorRecovery);
    changeable(Feature.VOLATILE_WRITE_CACHE, 1, this::getWriteCache, this::setWriteCache);
    changeable(Feature.NUMBER_OF_QUEUES, 0, this::getQueues, this::setQueues);
    changeable(Feature.HOST_BEHAVIOR_SUPPORT, 0, this::getHostBehavior, this::setHostBehavior);
    ofNamespaces(
        Feature.RESERVATION_NOTIFICATION_MASK, 0, this::getNoticeMask, this::setNoticeMask);
    ofNamespaces(Feature.RESERVATION_PERSISTENCE, 0, this::getPersistence, this::setPersistence);
    reset();
  }

  @Override
  void reset() {
    values.clear();
    errorRecovery.clear();
    grantedQueues = Integer.MAX_VALUE;
    overKelvin = OVER_KELVIN;
    underKelvin = UNDER_KELVIN;
    writeCacheEnabled = true;
  }

  /** I/O queues that the host may make; all that there can be where it has not asked. */
  int grantedQueues() {
    return Math.min(grantedQueues, controller().subsystem().limits().maxIoQueues());
  }

  boolean isWriteCacheEnabled() {
    return writeCacheEnabled;
  }

  private void stored(int fid) {
    changeable(
        fid,
        0,
        (command, features) ->
            command.complete(Status.SUCCESS, values.getOrDefault(fid, 0) & 0xffff_ffffL),
        (command, features) -> {
          values.put(fid, features.value());
          command.complete(Status.SUCCESS);
        });
  }

  /** There is only one power state, and one combination of command sets. */
  private void onlyZero(int fid) {
    changeable(
        fid,
        0,
        (command, features) -> command.complete(Status.SUCCESS),
        (command, features) -> {
          if (features.value() == 0) {
            command.complete(Status.SUCCESS);
          } else {
            invalidValue(command);
          }
        });
  }

  private void getTemperature(CommandSlot command, FeaturesCommand features) {
    int value = features.value();
    if (TemperatureThreshold.TMPSEL.get(value) != 0 || TemperatureThreshold.THSEL.get(value) > 1) {
      invalidValue(command);
      return;
    }
    boolean under = TemperatureThreshold.THSEL.isSet(value);
    command.complete(Status.SUCCESS, under ? underKelvin : overKelvin);
  }

  private void setTemperature(CommandSlot command, FeaturesCommand features) {
    int value = features.value();
    int sensor = TemperatureThreshold.TMPSEL.get(value);
    if (sensor != 0 && sensor != TemperatureThreshold.TMPSEL_ALL
        || TemperatureThreshold.THSEL.get(value) > 1) {
      invalidValue(command);
      return;
    }
    int kelvin = TemperatureThreshold.TMPTH.get(value);
    if (TemperatureThreshold.THSEL.isSet(value)) {
      underKelvin = kelvin;
    } else {
      overKelvin = kelvin;
    }
    command.complete(Status.SUCCESS);
  }

  private void getErrorRecovery(CommandSlot command, FeaturesCommand features) {
    if (controller().view().namespaceOf(command) != null) {
      command.complete(
          Status.SUCCESS, errorRecovery.getOrDefault(command.sqe().nsid(), 0) & 0xffff_ffffL);
    }
  }

  private void setErrorRecovery(CommandSlot command, FeaturesCommand features) {
    if (ErrorRecovery.DULBE.isSet(features.value())) {
      // Namespaces do not say that they can tell deallocated blocks (NSFEAT).
      invalidValue(command);
    } else {
      forNamespaces(command, namespace -> errorRecovery.put(namespace.nsid(), features.value()));
    }
  }

  private void getWriteCache(CommandSlot command, FeaturesCommand features) {
    if (hasWriteCache(command)) {
      command.complete(Status.SUCCESS, VolatileWriteCache.WCE.of(writeCacheEnabled ? 1 : 0));
    }
  }

  /**
   * Without write cache, every write is done as with FUA, and a host need not flush any more (NVMe
   * Base 2.0 §7.1): so what was acknowledged before is made durable first. Should that fail, writes
   * go through all the same.
   */
  private void setWriteCache(CommandSlot command, FeaturesCommand features) {
    if (hasWriteCache(command)) {
      writeCacheEnabled = VolatileWriteCache.WCE.isSet(features.value());
      controller().publishView();
      if (writeCacheEnabled) {
        command.complete(Status.SUCCESS);
      } else {
        controller().flushCaches(outcome -> flushed(command, outcome));
      }
    }
  }

  private void flushed(CommandSlot command, BlockStatus outcome) {
    BlockStatus told =
        outcome.isSuccess() && controller().takeLoss() ? BlockStatus.WRITE_FAULT : outcome;
    command.complete(BlockOutcome.status(BlockOp.FLUSH, told));
  }

  private boolean hasWriteCache(CommandSlot command) {
    boolean has = IdentifyContent.hasVolatileCache(controller());
    if (!has) {
      command.errorLocation(Command.CDW10).complete(StatusCode.INVALID_FIELD.dnr());
    }
    return has;
  }

  private void getQueues(CommandSlot command, FeaturesCommand features) {
    command.complete(Status.SUCCESS, queues());
  }

  private void setQueues(CommandSlot command, FeaturesCommand features) {
    int nsq = NumberOfQueues.NSQ.get(features.value());
    int ncq = NumberOfQueues.NCQ.get(features.value());
    if (nsq == NumberOfQueues.INVALID || ncq == NumberOfQueues.INVALID) {
      invalidValue(command);
    } else if (!controller().queues().isEmpty()) {
      command.complete(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
    } else {
      grantedQueues = Math.min(nsq, ncq) + 1;
      command.complete(Status.SUCCESS, queues());
    }
  }

  private long queues() {
    long granted0Based = grantedQueues() - 1;
    return NumberOfQueues.NSQ.of(granted0Based) | NumberOfQueues.NCQ.of(granted0Based);
  }

  private void getHostBehavior(CommandSlot command, FeaturesCommand features) {
    if (command.acceptsReply(HostBehaviorSupport.SIZE)
        && command.takeBuffer(HostBehaviorSupport.SIZE)) {
      command.replyWith(MemorySegment.ofArray(hostBehavior), HostBehaviorSupport.SIZE);
    }
  }

  private void setHostBehavior(CommandSlot command, FeaturesCommand features) {
    if (command.fetchData(HostBehaviorSupport.SIZE, true)) {
      HostBehaviorSupport data =
          new HostBehaviorSupport().wrap(command.data(), command.dataOffset());
      if (data.get(HostBehaviorSupport.ACRE) > 1 || data.get(HostBehaviorSupport.LBAFEE) > 1) {
        command.complete(StatusCode.INVALID_FIELD.dnr());
        return;
      }
      MemorySegment.copy(
          command.data(),
          ValueLayout.JAVA_BYTE,
          command.dataOffset(),
          hostBehavior,
          0,
          HostBehaviorSupport.SIZE);
      command.complete(Status.SUCCESS);
    }
  }

  private void getNoticeMask(CommandSlot command, FeaturesCommand features) {
    Namespace namespace = controller().view().namespaceOf(command);
    if (namespace != null) {
      command.complete(Status.SUCCESS, controller().notifications().mask(namespace.nsid()));
    }
  }

  private void setNoticeMask(CommandSlot command, FeaturesCommand features) {
    forNamespaces(
        command,
        namespace -> controller().notifications().mask(namespace.nsid(), features.value()));
  }

  private void getPersistence(CommandSlot command, FeaturesCommand features) {
    Namespace namespace = controller().view().namespaceOf(command);
    if (namespace != null) {
      boolean persistent = namespace.reservations().state().persistent();
      command.complete(Status.SUCCESS, ReservationPersistence.PTPL.of(persistent ? 1 : 0));
    }
  }

  private void setPersistence(CommandSlot command, FeaturesCommand features) {
    Namespace namespace = controller().view().namespaceOf(command);
    if (namespace != null) {
      var request =
          new ReservationRequest.SetPersistence(
              controller().hostId(), ReservationPersistence.PTPL.isSet(features.value()));
      namespace.reservations().execute(controller().home(), request, command::complete);
    }
  }

  /** Does it for the namespace that the command names, or for all, and completes the command. */
  private void forNamespaces(CommandSlot command, Consumer<Namespace> action) {
    if (command.sqe().nsid() == Command.NSID_ALL) {
      controller().view().namespaces().forEach(action);
      command.complete(Status.SUCCESS);
      return;
    }
    Namespace namespace = controller().view().namespaceOf(command);
    if (namespace != null) {
      action.accept(namespace);
      command.complete(Status.SUCCESS);
    }
  }

  private static void invalidValue(CommandSlot command) {
    command.errorLocation(FeaturesCommand.CDW11).complete(StatusCode.INVALID_FIELD.dnr());
  }
}
