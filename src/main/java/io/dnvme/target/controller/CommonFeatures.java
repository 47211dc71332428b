package io.dnvme.target.controller;

import io.dnvme.nvme.Feature;
import io.dnvme.nvme.Feature.AsyncEventConfiguration;
import io.dnvme.nvme.FeaturesCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.UuidBytes;
import io.dnvme.target.queue.CommandSlot;

/** The features that every kind of controller has: events, keep alive, host identifier. */
class CommonFeatures<C extends Controller> extends Features<C> {

  CommonFeatures(C controller) {
    super(controller);
    changeable(
        Feature.ASYNC_EVENT_CONFIGURATION,
        0,
        (command, features) ->
            command.complete(Status.SUCCESS, controller.events().configuration() & 0xffff_ffffL),
        this::setEvents);
    changeable(
        Feature.KEEP_ALIVE_TIMER,
        0,
        (command, features) -> command.complete(Status.SUCCESS, controller.keepAlive().timeoutMs()),
        (command, features) -> {
          controller.keepAlive().timeoutMs(features.value() & 0xffff_ffffL);
          command.complete(Status.SUCCESS);
        });
    changeable(Feature.HOST_IDENTIFIER, 0, this::getHostIdentifier, this::setHostIdentifier);
  }

  @Override
  void reset() {}

  private void setEvents(CommandSlot command, FeaturesCommand features) {
    int known =
        (int) AsyncEventConfiguration.SMART_CRITICAL_WARNINGS.of(0xff)
            | controller().supportedEvents();
    if ((features.value() & ~known) != 0) {
      command.errorLocation(FeaturesCommand.CDW11).complete(StatusCode.INVALID_FIELD.dnr());
      return;
    }
    controller().events().configuration(features.value());
    command.complete(Status.SUCCESS);
  }

  /** Over Fabrics only the extended identifier exists (NVMe Base 2.0 §5.27.1.25). */
  private void getHostIdentifier(CommandSlot command, FeaturesCommand features) {
    if (!Feature.HostIdentifier.EXHID.isSet(features.value())) {
      command.errorLocation(FeaturesCommand.CDW11).complete(StatusCode.INVALID_FIELD.dnr());
    } else if (command.acceptsReply(UuidBytes.SIZE) && command.takeBuffer(UuidBytes.SIZE)) {
      UuidBytes.write(command.buffer(), 0, controller().hostId());
      command.completeWithBuffer(UuidBytes.SIZE, Feature.HostIdentifier.EXHID.of(1));
    }
  }

  /** Connect has set it. */
  private void setHostIdentifier(CommandSlot command, FeaturesCommand features) {
    command.complete(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
  }
}
