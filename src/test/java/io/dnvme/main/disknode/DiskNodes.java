package io.dnvme.main.disknode;

import io.dnvme.main.node.NodeConfiguration;
import java.nio.file.Path;

/** Starts disk nodes for tests of other packages. */
public final class DiskNodes {

  private DiskNodes() {}

  /** What a file says. */
  public static DiskNodeSettings read(Path file) {
    return DiskNodeSettings.read(NodeConfiguration.load(file, DiskNodeSettings.ROLE).role());
  }

  public static DiskNode start(Path file) {
    NodeConfiguration configuration = NodeConfiguration.load(file, DiskNodeSettings.ROLE);
    return DiskNode.start(DiskNodeSettings.read(configuration.role()), configuration.process());
  }
}
