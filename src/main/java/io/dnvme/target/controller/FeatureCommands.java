package io.dnvme.target.controller;

import io.dnvme.nvme.Command;
import io.dnvme.nvme.FeaturesCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.io.IoView;
import io.dnvme.target.queue.CommandSlot;

/** Get Features and Set Features (NVMe Base 2.0 §5.15, §5.27). */
final class FeatureCommands {

  private FeatureCommands() {}

  static void get(Controller controller, CommandSlot command) {
    FeaturesCommand features = wrap(command);
    Features.Entry entry = controller.features().find(features.fid());
    if (entry == null) {
      invalid(command);
      return;
    }
    switch (features.sel()) {
      case FeaturesCommand.SEL_CURRENT -> entry.get().execute(command, features);
      // What cannot be saved has its default value for the saved one.
      case FeaturesCommand.SEL_DEFAULT, FeaturesCommand.SEL_SAVED ->
          command.complete(Status.SUCCESS, entry.defaultValue() & 0xffff_ffffL);
      case FeaturesCommand.SEL_CAPABILITIES ->
          command.complete(Status.SUCCESS, entry.capabilities());
      default -> invalid(command);
    }
  }

  static void set(Controller controller, CommandSlot command) {
    FeaturesCommand features = wrap(command);
    Features.Entry entry = controller.features().find(features.fid());
    if (entry == null) {
      invalid(command);
      return;
    }
    int nsid = command.sqe().nsid();
    if (features.isSave()) {
      command.complete(StatusCode.FEATURE_NOT_SAVEABLE.dnr());
    } else if (!entry.isChangeable()) {
      command.complete(StatusCode.FEATURE_NOT_CHANGEABLE.dnr());
    } else if (!entry.isNamespaceSpecific() && IoView.isValid(nsid)) {
      command.errorLocation(Command.NSID).complete(StatusCode.FEATURE_NOT_NAMESPACE_SPECIFIC.dnr());
    } else {
      entry.set().execute(command, features);
    }
  }

  private static void invalid(CommandSlot command) {
    command.errorLocation(Command.CDW10).complete(StatusCode.INVALID_FIELD.dnr());
  }

  private static FeaturesCommand wrap(CommandSlot command) {
    return new FeaturesCommand().wrap(command.sqe().segment(), command.sqe().offset());
  }
}
