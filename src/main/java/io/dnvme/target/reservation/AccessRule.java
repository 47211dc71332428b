package io.dnvme.target.reservation;

import io.dnvme.nvme.StatusCode;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Who may read and write in a {@link ReservationState}, made for being asked with every command:
 *
 * <pre>
 *   reservation held            read group             write group
 *                            others  registrants    others  registrants     holder: everything
 *   Write Exclusive            yes      yes           no        no
 *   Exclusive Access           no       no            no        no
 *   W.E. Registrants Only,
 *   W.E. All Registrants       yes      yes           no        yes
 *   E.A. Registrants Only,
 *   E.A. All Registrants       no       yes           no        yes
 * </pre>
 */
public final class AccessRule {

  /** No reservation is held: everybody may do everything. */
  public static final AccessRule OPEN = new AccessRule(false, Set.of());

  private static final int SUCCESS = StatusCode.SUCCESS.status();
  private static final int CONFLICT = StatusCode.RESERVATION_CONFLICT.dnr();

  private final boolean restrictsReads;
  private final Set<UUID> unrestricted;

  private AccessRule(boolean restrictsReads, Set<UUID> unrestricted) {
    this.restrictsReads = restrictsReads;
    this.unrestricted = unrestricted;
  }

  public static AccessRule of(ReservationState state) {
    if (!state.isHeld()) {
      return OPEN;
    }
    Set<UUID> unrestricted =
        state.registrants().stream()
            .map(Registrant::hostId)
            .filter(host -> state.type().registrantsHaveAccess() || state.isHolder(host))
            .collect(Collectors.toUnmodifiableSet());
    return new AccessRule(state.type().isExclusiveAccess(), unrestricted);
  }

  /** Success, or the status to answer the command with. */
  public int status(UUID hostId, CommandGroup group) {
    if (this == OPEN) {
      return SUCCESS;
    }
    boolean restricted =
        switch (group) {
          case READ -> restrictsReads;
          case WRITE -> true;
          case FREE -> false;
        };
    return restricted && !unrestricted.contains(hostId) ? CONFLICT : SUCCESS;
  }
}
