package io.dnvme.nvme;

import java.util.UUID;

/** The data of a {@link ConnectCommand} (NVMe Base 2.0 §6.3). */
public final class ConnectData extends Flyweight<ConnectData> {

  public static final int SIZE = 1024;

  public static final int HOSTID = 0;
  public static final int CNTLID = 16;
  public static final int SUBNQN = 256;
  public static final int HOSTNQN = 512;

  /** The CNTLID that asks for any controller (dynamic controller model). */
  public static final int CNTLID_DYNAMIC = 0xffff;

  /** The CNTLID that asks for any controller (static controller model). */
  public static final int CNTLID_ANY_STATIC = 0xfffe;

  public ConnectData start() {
    return zero(SIZE);
  }

  /** The host identifier, as a UUID whose text form shows the bytes in their order. */
  public UUID hostid() {
    return UuidBytes.read(segment(), offset() + HOSTID);
  }

  public ConnectData hostid(UUID hostid) {
    UuidBytes.write(segment(), offset() + HOSTID, hostid);
    return this;
  }

  public int cntlid() {
    return u16(CNTLID);
  }

  public ConnectData cntlid(int cntlid) {
    return u16(CNTLID, cntlid);
  }

  /** The subsystem's name, or null if the field has no valid form; see {@link Nqn#read}. */
  public String subnqn() {
    return Nqn.read(segment(), offset() + SUBNQN);
  }

  public ConnectData subnqn(String nqn) {
    Nqn.write(segment(), offset() + SUBNQN, nqn);
    return this;
  }

  /**
   * The host's name, or null if it has no end. It need not be an NQN: there are hosts that leave it
   * empty; see {@link Nqn#readAnyForm}.
   */
  public String hostnqn() {
    return Nqn.readAnyForm(segment(), offset() + HOSTNQN);
  }

  public ConnectData hostnqn(String nqn) {
    Nqn.write(segment(), offset() + HOSTNQN, nqn);
    return this;
  }
}
