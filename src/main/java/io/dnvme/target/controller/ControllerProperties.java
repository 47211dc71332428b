package io.dnvme.target.controller;

import io.dnvme.nvme.Property;
import io.dnvme.nvme.Property.Cap;
import io.dnvme.nvme.Property.Cc;
import io.dnvme.nvme.Property.Crto;
import io.dnvme.nvme.Property.Csts;

/**
 * The properties of a controller: what a host reads of them, and what its writes to CC ask for
 * (NVMe Base 2.0 §3.1.3, §3.5, §3.6). On the controller's reactor.
 *
 * <pre>
 *            EN 0→1                      EN 1→0                       reset done
 *   DISABLED ──────► READY (CSTS.RDY 1) ───────► RESETTING (RDY 1) ──────────► DISABLED
 *                                           EN 0→1 │ ▲ EN 1→0
 *                                                  ▼ │
 *                                        ENABLED TOO EARLY (RDY 0) ──────────► READY
 *       SHN set, in any state: SHST 1 ── flushed ──► SHST 2; cleared by a reset
 * </pre>
 *
 * <p>A host is to wait for RDY 0 before it enables again; what follows otherwise is left open (NVMe
 * Base 2.0 §3.1.3.5). Here it gets what it asks for when the reset is over, and is served nothing
 * until then.
 */
final class ControllerProperties {

  /** What the controller is to do about a write of CC. */
  enum Action {
    NONE,
    RESET,
    SHUT_DOWN
  }

  /** CAP.TO and CRTO.CRWMT: how long enabling and resetting may take, in units of 500 ms. */
  private static final int READY_TIMEOUT = 20;

  private static final int SQ_ENTRY_SHIFT = 6;
  private static final int CQ_ENTRY_SHIFT = 4;

  private final long cap;
  private int cc;
  private int csts;
  private boolean resetting;
  private boolean disabled;
  private int shutdowns;

  ControllerProperties(int queueEntries) {
    cap =
        Cap.MQES.of(queueEntries - 1)
            | Cap.CQR.of(1)
            | Cap.TO.of(READY_TIMEOUT)
            | Cap.CSS.of(Cap.CSS_NVM | Cap.CSS_SEVERAL)
            | Cap.CRMS_CRWMS.of(1);
  }

  /** A property's value; only for those that {@link #isReadable}. */
  long get(int ofst) {
    return switch (ofst) {
      case Property.CAP -> cap;
      case Property.VS -> Property.VERSION_2_0;
      case Property.CC -> cc;
      case Property.CSTS -> csts;
      case Property.CRTO -> Crto.CRWMT.of(READY_TIMEOUT);
      default -> throw new IllegalArgumentException("property " + ofst);
    };
  }

  /** NSSR is not there: CAP.NSSRS is zero. */
  static boolean isReadable(int ofst) {
    return Property.sizeBytes(ofst) != 0 && ofst != Property.NSSR;
  }

  static boolean isWritable(int ofst) {
    return ofst == Property.CC;
  }

  /** The host writes CC. */
  Action configure(int value) {
    int old = cc;
    cc = value;
    boolean enable = Cc.EN.isSet(value);
    if (Cc.EN.isSet(old) && !enable) {
      resetting = true;
      disabled = true;
      csts = Csts.RDY.with(csts, 1);
      return Action.RESET;
    }
    if (Cc.SHN.get(value) != Cc.SHN_NONE && Cc.SHN.get(old) == Cc.SHN_NONE) {
      csts = Csts.SHST.with(csts, Csts.SHST_OCCURRING);
      shutdowns++;
      return Action.SHUT_DOWN;
    }
    if (enable && !Cc.EN.isSet(old)) {
      disabled = false;
      enable();
    }
    return Action.NONE;
  }

  private void enable() {
    if (resetting) {
      csts = Csts.RDY.with(csts, 0);
    } else {
      csts = isSupported(cc) ? Csts.RDY.with(csts, 1) : Csts.CFS.with(csts, 1);
    }
  }

  void resetDone() {
    resetting = false;
    csts = 0;
    cc = Cc.SHN.with(cc, Cc.SHN_NONE);
    if (Cc.EN.isSet(cc)) {
      enable();
    }
  }

  /** The number of the shutdown that was asked for last. */
  int shutdowns() {
    return shutdowns;
  }

  /** The flush of that shutdown is over; a reset meanwhile has ended the shutdown. */
  void shutDown(int shutdown) {
    if (shutdown == shutdowns && Csts.SHST.get(csts) == Csts.SHST_OCCURRING) {
      csts = Csts.SHST.with(csts, Csts.SHST_COMPLETE);
    }
  }

  /** Whether the host has shut the controller down or disabled it, as one does that leaves. */
  boolean isGivenUp() {
    return disabled || Csts.SHST.get(csts) != Csts.SHST_NONE;
  }

  /** Whether commands other than Fabrics ones may be executed. */
  boolean isReady() {
    return Cc.EN.isSet(cc) && Csts.RDY.isSet(csts);
  }

  /** Whether I/O queues may be made: enabled, not shut down, with entries of the only sizes. */
  boolean takesIoQueues() {
    return isReady()
        && Csts.SHST.get(csts) == Csts.SHST_NONE
        && Cc.IOSQES.get(cc) == SQ_ENTRY_SHIFT
        && Cc.IOCQES.get(cc) == CQ_ENTRY_SHIFT;
  }

  private static boolean isSupported(int value) {
    int css = Cc.CSS.get(value);
    return (css == Cc.CSS_NVM || css == Cc.CSS_SEVERAL)
        && Cc.MPS.get(value) == 0
        && Cc.AMS.get(value) == 0;
  }
}
