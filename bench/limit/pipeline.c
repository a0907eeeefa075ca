/* What one connection can do from C with hiredis: the limit that the clients are held against.
 * Same lines in and out as contestant.ts: arguments PORT WORK..., then "run SECONDS UNITS" on standard input. */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define FIELDS 1000
static char fields[FIELDS][24];
static redisContext *context;

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

static void take(void) {
    redisReply *reply;
    if (redisGetReply(context, (void **)&reply) != REDIS_OK) fail(context->errstr);
    if (reply->type == REDIS_REPLY_ERROR) fail("the server answered with an error");
    freeReplyObject(reply);
}

/* Pipelines of `depth`; one at a time is a depth of 1. */
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

static long send_words(int count, char **words, const size_t *sizes) {
    redisAppendCommandArgv(context, count, (const char **)words, sizes);
    take();
    return 1;
}

int main(int count, char **words) {
    if (count < 4) return 2;
    context = redisConnect("127.0.0.1", atoi(words[1]));
    if (context == NULL || context->err) fail("cannot connect");
    for (int i = 0; i < FIELDS; i++) snprintf(fields[i], sizeof fields[i], "field:%012d", i);
    const char *kind = words[2];
    int set = strcmp(words[3], "HSET") == 0;
    int depth = strcmp(kind, "pipeline") == 0 ? atoi(words[4]) : 1;
    char *parts[16] = {"SET", words[3]};
    size_t sizes[16] = {3, strlen(words[3])};
    int length = 3;
    if (strcmp(kind, "set") == 0) {
        sizes[2] = strtoul(words[4], NULL, 10);
        parts[2] = memset(malloc(sizes[2]), 'x', sizes[2]);
    } else if (strcmp(kind, "reply") == 0) {
        length = count - 3;
        for (int i = 0; i < length && i < 16; i++) sizes[i] = strlen(parts[i] = words[3 + i]);
    }
    int whole = strcmp(kind, "set") == 0 || strcmp(kind, "reply") == 0;
    printf("{\"version\":\"%d.%d.%d\"}\n", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
    fflush(stdout);
    char line[128];
    while (fgets(line, sizeof line, stdin) != NULL) {
        double seconds, start = now(), used = cpu();
        long units, done = 0;
        if (sscanf(line, "run %lf %ld", &seconds, &units) != 2) return 2;
        do {
            done += whole ? send_words(length, parts, sizes) : pipeline(set, depth);
        } while (now() - start < seconds || done < units);
        printf("{\"units\":%ld,\"seconds\":%.9f,\"cpu\":%.6f}\n", done, now() - start, cpu() - used);
        fflush(stdout);
    }
    redisFree(context);
    return 0;
}
