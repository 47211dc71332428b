package io.dnvme.main.node;

import io.dnvme.main.Main;
import java.io.IOException;

/**
 * A {@code dnvme} process that a test has started: ends when its standard input does, so also when
 * the test's process is gone in whatever way.
 */
public final class NodeChildMain {

  private NodeChildMain() {}

  public static void main(String[] args) {
    Thread.ofPlatform().daemon().name("orphan-watch").start(NodeChildMain::endWithParent);
    Main.main(args);
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // Nobody writes.
      }
    } catch (IOException e) {
      // The same.
    }
    Runtime.getRuntime().halt(99);
  }
}
