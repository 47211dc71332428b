package io.dnvme.target.subsystem;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.Reactor;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.reservation.Reservations;
import java.util.UUID;

/** Subsystems for tests: what a test does not care about is the same in all of them. */
public final class TestSubsystems {

  public static final int ANA_GROUPS = 4;

  private TestSubsystems() {}

  public static String nqn(String name) {
    return "nqn.2026-01.io.dnvme:test:" + name;
  }

  public static String host(int number) {
    return "nqn.2026-01.org.example:host" + number;
  }

  public static Subsystem subsystem(Reactor home, String name, HostAccess access) {
    return new Subsystem(
        new SubsystemIdentity(nqn(name), "0001", "0.1.0"),
        new SubsystemLimits(1, 1000, 100, 16),
        new AnaGroups(home, ANA_GROUPS, AnaState.OPTIMIZED),
        access);
  }

  /** Identifiers that follow from a number. */
  public static NamespaceIds ids(int number) {
    return new NamespaceIds(
        new UUID(0x4000, number), new UUID(0x8000, number), NamespaceIds.NO_EUI64);
  }

  public static Namespace namespace(Reactor home, int nsid, NamespaceIds ids) {
    return new Namespace(
        nsid, ids, 1, new SizedDevice(new BlockGeometry(4096, 100)), new Reservations(home));
  }
}
