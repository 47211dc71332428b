package io.dnvme.main.node;

import io.dnvme.target.discovery.Portal;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** What a person types on a Linux host to find and reach a disk. */
public final class ConnectCommandLine {

  /** A silent path costs the host its keep-alive time: short, where there is another path. */
  private static final String SEVERAL_PATHS =
      " --keep-alive-tmo=1 --reconnect-delay=1 --ctrl-loss-tmo=-1";

  private ConnectCommandLine() {}

  /** The nvme-cli command that connects to {@code nqn} through {@code portal}. */
  public static String of(String nqn, Portal portal, boolean severalPaths) {
    return "nvme connect"
        + transport(portal)
        + " --nqn="
        + nqn
        + (severalPaths ? SEVERAL_PATHS : "");
  }

  /** The nvme-cli command that asks {@code portal} what there is. */
  public static String discover(Portal portal) {
    return "nvme discover" + transport(portal);
  }

  private static String transport(Portal portal) {
    return " --transport=tcp --traddr=" + address(portal) + " --trsvcid=" + portal.port();
  }

  private static String address(Portal portal) {
    if (portal.advertisedAddress() != null) {
      return portal.advertisedAddress().getHostAddress();
    }
    if (!portal.listenAddress().isAnyLocalAddress()) {
      return portal.listenAddress().getHostAddress();
    }
    try {
      return InetAddress.getLocalHost().getHostAddress();
    } catch (UnknownHostException e) {
      // The machine does not know its own name; loopback always works, from here.
      return InetAddress.getLoopbackAddress().getHostAddress();
    }
  }
}
