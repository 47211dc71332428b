package io.dnvme.volume.mirror;

import io.dnvme.volume.intent.ChecksumDevice;
import java.lang.foreign.MemorySegment;

/**
 * Judges by the checksums that the in-sync members keep at rest ({@link ChecksumDevice}): content
 * is right where one of them vouches for it, wrong where they vouch for other content only. Where
 * they vouch for two contents both are right, and nothing is decided (NO-SILENT-LOSS). A checksum
 * that is not at hand any more, because its page left memory, does not count. Home reactor only.
 */
public final class MemberChecksums implements ChecksumPort {

  private final MirrorDevice group;

  public MemberChecksums(MirrorDevice group) {
    this.group = group;
  }

  @Override
  public Verdict judge(long block, MemorySegment memory, long offsetBytes) {
    var verdict = Verdict.UNKNOWN;
    for (int member = 0; member < group.memberCount(); member++) {
      boolean inSync = (group.membership().readable() & 1 << member) != 0;
      if (inSync && group.device(member) instanceof ChecksumDevice device) {
        int vouched = device.vouchedChecksum(block);
        if (vouched != 0 && vouched == device.checksum(memory, offsetBytes)) {
          return Verdict.RIGHT;
        }
        verdict = vouched == 0 ? verdict : Verdict.WRONG;
      }
    }
    return verdict;
  }
}
