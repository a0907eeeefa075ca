/* What one connection can do from C with hiredis: the limit that the clients are held against.
 * Same lines in and out as contestant.ts: arguments PORT WORK..., then "run SECONDS UNITS" on standard input. */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define FIELDS 1000
static char fields[FIELDS][24];
static redisContext *context;

/* hiredis itself reads 16 KiB at a time: in large replies that is a system call where four would be one. */
static char chunk[64 * 1024];

/* Left to itself glibc's malloc maps the buffers of a large SET anew, or gives them back to the system at once, and the
 * system clears every page of them again, for each command; and it keeps only seven freed pieces of a size at hand, where
 * a reply of 10,000 elements frees 20,000. The last can only be said before a program starts: so it starts again. (What
 * redis-py is ahead in after this are lists: it makes one string of an element, where hiredis makes a reply and a string.) */
static void keep_memory(char **words) {
    const char *tunables = "glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=1073741824:"
                           "glibc.malloc.tcache_count=65535";
    if (getenv("GLIBC_TUNABLES") != NULL) return;
    setenv("GLIBC_TUNABLES", tunables, 1);
    /* Where there is no such file the memory is not kept, that is all. */
    execv("/proc/self/exe", words);
}

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static double cpu(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void fail(const char *what) {
    printf("{\"skipped\":\"%s\"}\n", what);
    exit(0);
}

static void drop(redisReply *reply) {
    if (reply->type == REDIS_REPLY_ERROR) fail("the server answered with an error");
    freeReplyObject(reply);
}

static void take(void) {
    redisReply *reply;
    if (redisGetReply(context, (void **)&reply) != REDIS_OK) fail(context->errstr);
    drop(reply);
}

/* The same in larger steps. Not for pipelines: hiredis moves what is left in its buffer forward reply by reply. */
static void take_large(void) {
    redisReply *reply = NULL;
    while (redisReaderGetReply(context->reader, (void **)&reply) == REDIS_OK && reply == NULL) {
        ssize_t size = read(context->fd, chunk, sizeof chunk);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) fail("the connection is lost");
        redisReaderFeed(context->reader, chunk, size);
    }
    if (reply == NULL) fail(context->reader->errstr);
    drop(reply);
}

/* Pipelines of `depth`; one at a time is a depth of 1. Each command is formatted anew, as every client has to:
 * redis-benchmark sends bytes that it has made once, and is ahead here for it. */
static long pipeline(int set, int depth) {
    const char *words[4] = {set ? "HSET" : "HGET", "bench:hash", NULL, "value:123456"};
    size_t sizes[4] = {4, 10, 18, 12};
    for (int i = 0; i < depth; i++) {
        words[2] = fields[i % FIELDS];
        redisAppendCommandArgv(context, set ? 4 : 3, words, sizes);
    }
    for (int i = 0; i < depth; i++) take();
    return depth;
}

/* Every field of a hash of `size`, by pipelines of 100. */
static long whole_hash(int set, int size) {
    char key[32], field[24];
    const char *words[4] = {set ? "HSET" : "HGET", key, field, "value:123456"};
    size_t sizes[4] = {4, snprintf(key, sizeof key, "bench:hash:%d", size), 0, 12};
    for (int from = 0; from < size; from += 100) {
        for (int i = from; i < from + 100; i++) {
            sizes[2] = snprintf(field, sizeof field, "field:%d", i);
            redisAppendCommandArgv(context, set ? 4 : 3, words, sizes);
        }
        for (int i = 0; i < 100; i++) take();
    }
    return size;
}

/* Formatted and written without hiredis' output buffer: it would be one more copy of a large value. */
static long send_words(int count, char **words, const size_t *sizes) {
    char *command;
    int size = redisFormatCommandArgv(&command, count, (const char **)words, sizes);
    if (size < 0) fail("out of memory");
    for (int sent = 0; sent < size;) {
        ssize_t written = write(context->fd, command + sent, size - sent);
        if (written < 0 && errno != EINTR) fail("the connection is lost");
        if (written > 0) sent += written;
    }
    redisFreeCommand(command);
    take_large();
    return 1;
}

int main(int count, char **words) {
    if (count < 4) return 2;
    keep_memory(words);
    context = redisConnect("127.0.0.1", atoi(words[1]));
    if (context == NULL || context->err) fail("cannot connect");
    /* Else hiredis throws its input buffer away whenever that is empty and above 16 KiB, and lets it grow again. */
    context->reader->maxbuf = 0;
    for (int i = 0; i < FIELDS; i++) snprintf(fields[i], sizeof fields[i], "field:%012d", i);
    const char *kind = words[2];
    int set = strcmp(words[3], "HSET") == 0;
    int depth = strcmp(kind, "pipeline") == 0 ? atoi(words[4]) : 1;
    /* Bytes and text are one here. */
    int setting = strcmp(kind, "set") == 0 || strcmp(kind, "set-bytes") == 0;
    int asking = strcmp(kind, "reply") == 0 || strcmp(kind, "reply-bytes") == 0;
    int hash = strcmp(kind, "hash") == 0 ? atoi(words[4]) : 0;
    /* SET makes three words of two. */
    char **parts = calloc(count, sizeof *parts);
    size_t *sizes = calloc(count, sizeof *sizes);
    int length = setting ? 3 : count - 3;
    if (setting) {
        sizes[0] = strlen(parts[0] = "SET");
        sizes[1] = strlen(parts[1] = words[3]);
        sizes[2] = strtoul(words[4], NULL, 10);
        parts[2] = memset(malloc(sizes[2]), 'x', sizes[2]);
    } else {
        for (int i = 0; i < length; i++) sizes[i] = strlen(parts[i] = words[3 + i]);
    }
    printf("{\"version\":\"%d.%d.%d\"}\n", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
    fflush(stdout);
    char line[128];
    while (fgets(line, sizeof line, stdin) != NULL) {
        double seconds, start = now(), used = cpu();
        long units, done = 0;
        if (sscanf(line, "run %lf %ld", &seconds, &units) != 2) return 2;
        do {
            if (setting || asking) done += send_words(length, parts, sizes);
            else done += hash > 0 ? whole_hash(set, hash) : pipeline(set, depth);
        } while (now() - start < seconds || done < units);
        printf("{\"units\":%ld,\"seconds\":%.9f,\"cpu\":%.6f}\n", done, now() - start, cpu() - used);
        fflush(stdout);
    }
    redisFree(context);
    return 0;
}
