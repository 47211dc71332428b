package io.dnvme.target.controller;

/** Is told of associations, for logs and counters; on their reactors. */
public interface TargetObserver {

  TargetObserver NONE =
      new TargetObserver() {
        @Override
        public void connected(Association association) {}

        @Override
        public void ended(Association association, EndReason reason) {}
      };

  /** Who is connected to what. */
  record Association(String subsystemNqn, String hostNqn, int cntlid) {}

  void connected(Association association);

  void ended(Association association, EndReason reason);
}
