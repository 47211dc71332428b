package io.dnvme.volume;

/**
 * Puts commands that overlap one after another, in the order in which they come: keeps OVERLAP.
 * Those that change blocks are alone on them; others share. Whoever comes waits for everybody
 * before it that it conflicts with, the waiting ones included, so that the order is one and no
 * stream of readers starves a writer.
 *
 * <p>All holds, granted and waiting, are in a treap by first block, in which each node knows the
 * last block below it; so a conflict is exact, however long a range is, and finding it takes time
 * in the logarithm of the number of holds. A hold counts its blockers: the conflicting holds that
 * came before it. Each takes itself off the count of those behind it when it leaves.
 *
 * <p>Nothing is allocated: the nodes are the callers' holds. Touched on one reactor only.
 */
public final class RangeLock {

  /** One command's place in the order; reused. */
  public abstract static class Hold {
    private long start;
    private long end;
    private boolean changes;
    private boolean held;
    private long order;
    private int blockers;
    private Hold nextGranted;

    // The treap.
    private int priority;
    private Hold left;
    private Hold right;
    private long lastEnd;

    /** The hold had to wait and is granted. Never called within {@link RangeLock#enter}. */
    protected abstract void granted();
  }

  private Hold root;
  private long entered;
  private int held;
  private int waiting;
  private long waits;

  // Those whose turn has come, while some are being told.
  private Hold firstGranted;
  private Hold lastGranted;
  private boolean granting;

  /**
   * Takes a place for {@code blockCount} blocks, at least one.
   *
   * @param changes whether the command is alone on its blocks
   * @return true: granted. False: told later
   */
  public boolean enter(Hold hold, long startBlock, long blockCount, boolean changes) {
    if (hold.held) {
      throw new IllegalStateException("OVERLAP: a hold enters twice");
    }
    hold.held = true;
    hold.start = startBlock;
    hold.end = startBlock + blockCount;
    hold.changes = changes;
    hold.order = entered++;
    hold.priority = mix(hold.order);
    hold.blockers = root == null ? 0 : conflicts(root, hold);
    hold.left = null;
    hold.right = null;
    hold.lastEnd = hold.end;
    root = root == null ? hold : insert(root, hold);
    held++;
    if (hold.blockers == 0) {
      return true;
    }
    waiting++;
    waits++;
    return false;
  }

  /** A granted hold is over; may grant others, within this call. */
  public void leave(Hold hold) {
    if (!hold.held || hold.blockers != 0) {
      throw new IllegalStateException("OVERLAP: what was not granted cannot leave");
    }
    hold.held = false;
    held--;
    root = remove(root, hold);
    hold.left = null;
    hold.right = null;
    if (waiting > 0 && root != null) {
      unblock(root, hold);
      tellGranted();
    }
  }

  /** Holds that entered and did not leave. */
  public int held() {
    return held;
  }

  /** Holds that wait. */
  public int waiting() {
    return waiting;
  }

  /** How often a hold had to wait so far. */
  public long waits() {
    return waits;
  }

  private static boolean conflict(Hold one, Hold other) {
    return one.start < other.end && other.start < one.end && (one.changes || other.changes);
  }

  private static int conflicts(Hold node, Hold hold) {
    int count = 0;
    for (Hold at = node; at != null && at.lastEnd > hold.start; at = at.right) {
      if (at.left != null) {
        count += conflicts(at.left, hold);
      }
      if (at.start >= hold.end) {
        break;
      }
      if (conflict(at, hold)) {
        count++;
      }
    }
    return count;
  }

  private void unblock(Hold node, Hold gone) {
    for (Hold at = node; at != null && at.lastEnd > gone.start; at = at.right) {
      if (at.left != null) {
        unblock(at.left, gone);
      }
      if (at.start >= gone.end) {
        return;
      }
      if (at.order > gone.order && conflict(at, gone) && --at.blockers == 0) {
        waiting--;
        grantLater(at);
      }
    }
  }

  private void grantLater(Hold hold) {
    hold.nextGranted = null;
    if (firstGranted == null) {
      firstGranted = hold;
    } else {
      lastGranted.nextGranted = hold;
    }
    lastGranted = hold;
  }

  /** One who is told may leave at once, and so grant others: they join the list, not the stack. */
  private void tellGranted() {
    if (granting) {
      return;
    }
    granting = true;
    while (firstGranted != null) {
      Hold hold = firstGranted;
      firstGranted = hold.nextGranted;
      hold.nextGranted = null;
      hold.granted();
    }
    granting = false;
  }

  private static boolean before(Hold one, Hold other) {
    return one.start < other.start || one.start == other.start && one.order < other.order;
  }

  private static Hold insert(Hold node, Hold hold) {
    if (node == null) {
      return hold;
    }
    if (before(hold, node)) {
      node.left = insert(node.left, hold);
      if (node.left.priority > node.priority) {
        return rotateRight(node);
      }
    } else {
      node.right = insert(node.right, hold);
      if (node.right.priority > node.priority) {
        return rotateLeft(node);
      }
    }
    update(node);
    return node;
  }

  private static Hold remove(Hold node, Hold hold) {
    if (node == hold) {
      return merge(node.left, node.right);
    }
    if (before(hold, node)) {
      node.left = remove(node.left, hold);
    } else {
      node.right = remove(node.right, hold);
    }
    update(node);
    return node;
  }

  private static Hold merge(Hold left, Hold right) {
    if (left == null) {
      return right;
    }
    if (right == null) {
      return left;
    }
    if (left.priority > right.priority) {
      left.right = merge(left.right, right);
      update(left);
      return left;
    }
    right.left = merge(left, right.left);
    update(right);
    return right;
  }

  private static Hold rotateRight(Hold node) {
    Hold up = node.left;
    node.left = up.right;
    up.right = node;
    update(node);
    update(up);
    return up;
  }

  private static Hold rotateLeft(Hold node) {
    Hold up = node.right;
    node.right = up.left;
    up.left = node;
    update(node);
    update(up);
    return up;
  }

  private static void update(Hold node) {
    long last = node.end;
    if (node.left != null) {
      last = Math.max(last, node.left.lastEnd);
    }
    if (node.right != null) {
      last = Math.max(last, node.right.lastEnd);
    }
    node.lastEnd = last;
  }

  /** Scatters successive numbers; the same course every time. */
  private static int mix(long order) {
    return (int) (order * 0x9E37_79B9_7F4A_7C15L >>> 32);
  }
}
