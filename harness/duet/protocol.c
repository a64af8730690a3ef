/* SPDX-License-Identifier: MIT */
/* Packets between the program and its launches. */
#include "harness/duet/protocol.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

void bench_duet_side(struct bench_duet_order *order, enum bench_duet_side side,
                     const struct bench_image *image)
{
    order->has[side] = image;
    order->ggml[side] = image && image->ggml;
    order->base[side] = image && image->part[BENCH_IMAGE_BASE].bytes;
}

bool bench_duet_send(int fd, enum bench_duet_message message, void *packet, size_t bytes)
{
    const struct bench_duet_head head = {BENCH_DUET_MAGIC, BENCH_DUET_VERSION, (uint32_t)bytes, message};
    memcpy(packet, &head, sizeof head);
    ssize_t sent;
    do
        sent = send(fd, packet, bytes, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)bytes;
}

int bench_duet_receive(int fd, void *packet, size_t bytes)
{
    struct bench_duet_head head;
    bool reset = false;
    ssize_t got;
    /*
     * A peer that ended with a packet unread resets the connection: that is told once, before what it had
     * sent.
     */
    do
        got = recv(fd, packet, bytes, MSG_TRUNC);
    while (got < 0 && (errno == EINTR || (errno == ECONNRESET && !reset && (reset = true))));
    if (got <= 0)
        return got == 0 || errno == ECONNRESET ? 0 : -1;
    if (got != (ssize_t)bytes)
        return -1;
    memcpy(&head, packet, sizeof head);
    return head.magic == BENCH_DUET_MAGIC && head.version == BENCH_DUET_VERSION && head.bytes == bytes ? 1
                                                                                                       : -1;
}
