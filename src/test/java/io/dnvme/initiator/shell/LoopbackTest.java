package io.dnvme.initiator.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.disk.MemoryDevice;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.RemoteNamespace;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Our host against our target through real sockets: what needs both, and time. */
class LoopbackTest {

  private static final int BLOCK = 4096;
  private static final long LIMIT_SECONDS = 60;

  private final Arena arena = Arena.ofShared();
  private Loopback loopback;
  private MemoryDevice memory;
  private String nqn;
  private HostController controller;

  @BeforeEach
  void start() throws Exception {
    loopback = new Loopback();
    memory = new MemoryDevice(new BlockGeometry(BLOCK, 4096));
    nqn = loopback.serve(memory);
  }

  @AfterEach
  void stop() {
    if (controller != null) {
      loopback.disconnect(controller);
      loopback.awaitNoControllers();
    }
    loopback.close();
    memory.close();
    arena.close();
  }

  private RemoteNamespace connect(
      QueueOptions queues, LossPolicy policy, ControllerListener watch) {
    var reconnect =
        new ReconnectOptions(
            TimeUnit.MILLISECONDS.toNanos(20),
            TimeUnit.MILLISECONDS.toNanos(200),
            ReconnectOptions.NEVER,
            false,
            policy);
    controller = loopback.connect(nqn, queues, reconnect, watch);
    return controller.namespace(1);
  }

  /** A closed loop of commands on one reactor. */
  private final class Loop {
    private final BlockDevice device;
    private final Reactor reactor;
    private final BlockOp op;
    private final long commands;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final List<BlockStatus> errors = new ArrayList<>();
    private long started;
    private long completed;

    Loop(BlockDevice device, Reactor reactor, BlockOp op, long commands) {
      this.device = device;
      this.reactor = reactor;
      this.op = op;
      this.commands = commands;
    }

    CompletableFuture<Void> start(int depth) {
      MemorySegment data = arena.allocate((long) depth * BLOCK, BLOCK);
      reactor.execute(() -> {
        for (int i = 0; i < depth; i++) {
          var io = new BlockIo(reactor);
          long offset = (long) i * BLOCK;
          BlockIo.Completion completion = ended -> ended(ended, data, offset);
          io.onCompletion(completion, null);
          next(io, data, offset);
        }
      });
      return done;
    }

    private void ended(BlockIo io, MemorySegment data, long offset) {
      if (!io.status().isSuccess()) {
        errors.add(io.status());
      }
      if (++completed == commands) {
        done.complete(null);
      }
      next(io, data, offset);
    }

    private void next(BlockIo io, MemorySegment data, long offset) {
      if (started < commands) {
        io.prepare(op, (started++ * 7) % 4096, 1).data().add(data, offset, BLOCK);
        device.submit(io);
      }
    }
  }

  @Test
  void unknownSubsystem_isToldAtOnce() {
    assertThatThrownBy(() ->
            loopback.connect(
                "nqn.2026-01.io.dnvme:nobody",
                QueueOptions.of(1),
                ReconnectOptions.DEFAULT,
                new ControllerListener() {}))
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(IOException.class)
        .hasMessageContaining("Connect refused");
  }

  @Test
  void sixtyFourQueues_carryCommandsOfAllReactors() {
    RemoteNamespace namespace =
        connect(QueueOptions.of(64).withDepth(16), LossPolicy.WAIT, new ControllerListener() {});
    assertThat(controller.queuesInUse()).isEqualTo(64);
    var loops = new ArrayList<Loop>();
    for (Reactor reactor : loopback.hostReactors()) {
      loops.add(new Loop(namespace, reactor, BlockOp.WRITE, 20_000));
      loops.add(new Loop(namespace, reactor, BlockOp.READ, 20_000));
    }
    loops.stream().map(loop -> loop.start(256)).toList().forEach(Loopback::await);
    assertThat(loops).allMatch(loop -> loop.errors.isEmpty());
    assertThat(controller.queueCounters())
        .allMatch(queue -> queue.connection().completed() > 80_000 / 64 / 2);
  }

  @Test
  void killedListener_commandsWait_andGoOnWhenItIsBack() throws Exception {
    var lost = new CountDownLatch(1);
    var watch =
        new ControllerListener() {
          @Override
          public void lost(HostController which, String reason) {
            lost.countDown();
          }
        };
    RemoteNamespace namespace = connect(QueueOptions.of(2), LossPolicy.WAIT, watch);
    var loops = new ArrayList<Loop>();
    for (Reactor reactor : loopback.hostReactors()) {
      loops.add(new Loop(namespace, reactor, BlockOp.WRITE, 100_000));
    }
    List<CompletableFuture<Void>> ends = loops.stream().map(loop -> loop.start(32)).toList();
    loopback.killListener();
    assertThat(lost.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(ends).noneMatch(CompletableFuture::isDone);
    loopback.listen();
    ends.forEach(Loopback::await);
    assertThat(loops).allMatch(loop -> loop.errors.isEmpty());
    assertThat(namespace.associations()).isGreaterThan(1);
  }

  @Test
  void killedListener_commandsFailWhereNobodyWaits() throws Exception {
    var lost = new CountDownLatch(1);
    var watch =
        new ControllerListener() {
          @Override
          public void lost(HostController which, String reason) {
            lost.countDown();
          }
        };
    RemoteNamespace namespace = connect(QueueOptions.of(1), LossPolicy.FAIL, watch);
    loopback.killListener();
    assertThat(lost.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    var loop = new Loop(namespace, loopback.hostReactors().getFirst(), BlockOp.READ, 3);
    Loopback.await(loop.start(1));
    assertThat(loop.errors).hasSize(3).containsOnly(BlockStatus.PATH_LOST);
    loopback.listen();
  }

  /** What a command costs in garbage on both sides together, once everything is warm: nothing. */
  @Test
  void steadyState_allocatesNothing() {
    for (BlockOp op : List.of(BlockOp.READ, BlockOp.WRITE)) {
      RemoteNamespace namespace =
          connect(QueueOptions.of(1).withDepth(32), LossPolicy.WAIT, new ControllerListener() {});
      Reactor reactor = loopback.hostReactors().getFirst();
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long thread =
          CompletableFuture.supplyAsync(() -> Thread.currentThread().threadId(), reactor).join();
      Loopback.await(new Loop(namespace, reactor, op, 300_000).start(32));
      long commands = 100_000;
      long least = Long.MAX_VALUE;
      for (int attempt = 0; attempt < 5 && least > commands / 2; attempt++) {
        long before = threads.getThreadAllocatedBytes(thread);
        Loopback.await(new Loop(namespace, reactor, op, commands).start(32));
        least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
      }
      System.out.printf("host side, %s: %d bytes for %d commands%n", op, least, commands);
      assertThat(least).as("bytes for %d times %s", commands, op).isLessThan(commands);
      loopback.disconnect(controller);
      controller = null;
    }
  }
}
