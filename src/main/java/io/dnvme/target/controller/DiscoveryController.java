package io.dnvme.target.controller;

import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.Nqn;
import io.dnvme.nvme.Status;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.discovery.DiscoveryView;
import io.dnvme.target.event.AsyncEventKind;
import io.dnvme.target.subsystem.ControllerIds;

/**
 * A controller of the discovery subsystem: has an admin queue only, whose hosts ask for log page
 * 70h (NVMe Base 2.0 §3.1.2.3). With a keep alive timer the connection is a persistent one and is
 * told of changes.
 */
final class DiscoveryController extends Controller {

  private static final AdminCommands<DiscoveryController> COMMANDS =
      new AdminCommands<DiscoveryController>()
          .with(AdminOpcode.IDENTIFY, Identify::executeDiscovery)
          .with(AdminOpcode.GET_LOG_PAGE, GetLogPage::executeDiscovery)
          .with(AdminOpcode.GET_FEATURES, FeatureCommands::get)
          .with(AdminOpcode.SET_FEATURES, FeatureCommands::set)
          .with(AdminOpcode.ASYNC_EVENT_REQUEST, Controller::awaitEvent)
          .with(AdminOpcode.KEEP_ALIVE, (controller, command) -> command.complete(Status.SUCCESS));

  private final DiscoveryView view;
  private final CommonFeatures<DiscoveryController> features = new CommonFeatures<>(this);

  private DiscoveryController(Target target, Connecting request, ControllerIds ids, int cntlid) {
    super(target, request, ids, cntlid);
    Discovery discovery = target.discovery();
    view =
        discovery.open(
            home(),
            request.hostNqn(),
            request.portId(),
            request.connection().port().localAddress().getAddress(),
            () -> events().raise(AsyncEventKind.DISCOVERY_LOG_CHANGE));
    keepAlive().idleLimit(target.limits().discoveryIdleNanos());
  }

  /** Answers the Connect of an admin queue. */
  static void connect(Target target, Connecting request) {
    ControllerIds ids = target.discovery().controllerIds();
    open(
        target,
        request,
        ids,
        cntlid -> new DiscoveryController(target, request, ids, cntlid),
        COMMANDS);
  }

  DiscoveryView view() {
    return view;
  }

  @Override
  public String subsystemNqn() {
    return Nqn.DISCOVERY;
  }

  @Override
  Features<?> features() {
    return features;
  }

  @Override
  long lastCommandNanos() {
    return lastAdminCommandNanos();
  }

  @Override
  void ending() {
    view.close();
  }

  @Override
  void ended() {}

  @Override
  void finishIoQueues() {
    connection().finish();
  }

  @Override
  void reset() {
    resetDone();
  }

  @Override
  void shutDown(Runnable done) {
    done.run();
  }

  @Override
  int supportedEvents() {
    return (int) IdentifyController.OAES_DISCOVERY_LOG_CHANGE;
  }

  @Override
  void describe(IdentifyController data) {
    data.set(IdentifyController.CNTRLTYPE, IdentifyController.CNTRLTYPE_DISCOVERY)
        .set(IdentifyController.DCTYPE, IdentifyController.DCTYPE_DIRECT)
        .set(IdentifyController.CTRATT, IdentifyController.CTRATT_TRAFFIC_BASED_KEEP_ALIVE)
        .set(
            IdentifyController.LPA,
            IdentifyController.LPA_EXTENDED_DATA | IdentifyController.LPA_SUPPORTED_LOG_PAGES);
  }
}
