package io.dnvme.target.reservation;

import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.RegisteredControllerExtended;
import io.dnvme.nvme.ReservationCommand;
import io.dnvme.nvme.ReservationStatus;
import io.dnvme.nvme.StatusCode;
import java.lang.foreign.MemorySegment;

/** Data of the Reservation Report command (NVMe Base 2.0 §7.5). */
public final class ReservationReport {

  private static final int RCSTS_HOLDER = 1;

  private ReservationReport() {}

  /**
   * Success where the report can be given, else the status. Hosts of Fabrics have identifiers of
   * 128 bits, for which there is only the extended data structure.
   *
   * @param cdw11 the command's dword 11: EDS
   */
  public static int status(int cdw11) {
    return ReservationCommand.EDS.isSet(cdw11)
        ? StatusCode.SUCCESS.status()
        : StatusCode.HOST_IDENTIFIER_INCONSISTENT.dnr();
  }

  /**
   * The whole extended data structure; a host that asks for less gets its beginning, still with the
   * full number of registrants. Our controllers are dynamic, so there is one entry for each host,
   * which names no controller.
   */
  public static MemorySegment of(ReservationState state) {
    int count = state.registrants().size();
    MemorySegment report =
        MemorySegment.ofArray(
            new byte[ReservationStatus.EXTENDED_SIZE + count * RegisteredControllerExtended.SIZE]);
    new ReservationStatus()
        .wrap(report, 0)
        .set(ReservationStatus.GEN, state.generation())
        .set(
            ReservationStatus.RTYPE,
            state.isHeld() ? state.type().code() : ReservationCommand.RTYPE_NONE)
        .set(ReservationStatus.REGCTL, count)
        .set(ReservationStatus.PTPLS, state.persistent() ? 1 : 0);
    var entry = new RegisteredControllerExtended();
    long at = ReservationStatus.EXTENDED_SIZE;
    for (Registrant registrant : state.registrants()) {
      entry
          .wrap(report, at)
          .set(RegisteredControllerExtended.CNTLID, ConnectData.CNTLID_DYNAMIC)
          .set(
              RegisteredControllerExtended.RCSTS,
              state.isHolder(registrant.hostId()) ? RCSTS_HOLDER : 0)
          .set(RegisteredControllerExtended.RKEY, registrant.key())
          .setUuid(RegisteredControllerExtended.HOSTID, registrant.hostId());
      at += RegisteredControllerExtended.SIZE;
    }
    return report;
  }
}
