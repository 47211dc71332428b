package io.dnvme.volume.mirror;

/**
 * Which member a read goes to: of those that may be read, the one with the fewest commands under
 * way, then the nearest, then each in turn. Home reactor only.
 */
final class ReadBalance {

  private final MirrorMember[] members;
  private int last;

  ReadBalance(MirrorMember[] members) {
    this.members = members;
  }

  /** The member of the mask {@code among} to read from, or null where there is none. */
  MirrorMember choose(int among) {
    MirrorMember best = null;
    for (int i = 1; i <= members.length; i++) {
      int index = last + i;
      MirrorMember member = members[index < members.length ? index : index - members.length];
      if ((among & member.bit()) != 0 && (best == null || isBetter(member, best))) {
        best = member;
      }
    }
    if (best != null) {
      last = best.index();
    }
    return best;
  }

  private static boolean isBetter(MirrorMember member, MirrorMember than) {
    return member.outstanding() != than.outstanding()
        ? member.outstanding() < than.outstanding()
        : member.distance() < than.distance();
  }
}
