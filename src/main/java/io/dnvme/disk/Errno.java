package io.dnvme.disk;

/** Error numbers of Linux that are told apart here; the same on x86_64 and aarch64. */
final class Errno {

  static final int ENOENT = 2;
  static final int EINTR = 4;
  static final int EIO = 5;
  static final int EAGAIN = 11;
  static final int ENOMEM = 12;
  static final int EACCES = 13;
  static final int EBUSY = 16;
  static final int EEXIST = 17;
  static final int EISDIR = 21;
  static final int EINVAL = 22;
  static final int EFBIG = 27;
  static final int ENOSPC = 28;
  static final int EROFS = 30;
  static final int ENOSYS = 38;
  static final int EOPNOTSUPP = 95;
  static final int EDQUOT = 122;

  private Errno() {}

  /** What a person understands. */
  static String words(int errno) {
    return switch (errno) {
      case ENOENT -> "no such file or directory";
      case EIO -> "input/output error";
      case EAGAIN -> "in use by another process";
      case ENOMEM -> "out of memory";
      case EACCES -> "permission denied";
      case EBUSY -> "it is mounted, part of a set, or open elsewhere";
      case EEXIST -> "it exists already";
      case EISDIR -> "it is a directory";
      case EINVAL -> "invalid argument";
      case EFBIG -> "too large for this file system";
      case ENOSPC -> "no space left on device";
      case EROFS -> "read-only file system";
      case EOPNOTSUPP -> "not supported here";
      case EDQUOT -> "disk quota exceeded";
      default -> "errno " + errno;
    };
  }

  /** There is no room for what was to be written. */
  static boolean isOutOfSpace(int errno) {
    return errno == ENOSPC || errno == EDQUOT;
  }

  /** The kernel, the file system or the device does not have this operation. */
  static boolean isUnsupported(int errno) {
    return errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL;
  }
}
