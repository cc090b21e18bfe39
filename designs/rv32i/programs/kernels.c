// A synthetic program of the kind that CoreMark made known: a linked list searched and sorted, small matrices
// multiplied, a text scanned by a machine of states, and a checksum over all of it. The work is of our own making, so
// its figures compare with nothing but itself on other processors.
#include <stdint.h>
#include <stdio.h>

#include "platform.h"

enum { ITERATIONS = 2, NODES = 48, SIDE = 8 };

static uint16_t checksum(uint16_t sum, uint32_t word) {
    // The polynomial x^16 + x^15 + x^2 + 1, the lowest bit first.
    for (int bit = 0; bit < 32; bit++, word >>= 1) {
        unsigned carry = (sum ^ word) & 1;
        sum = (uint16_t)(sum >> 1);
        if (carry) sum ^= 0xA001;
    }
    return sum;
}

static uint32_t state_of_random;

static uint32_t next_random(void) {
    uint32_t x = state_of_random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return state_of_random = x;
}

// A list, sorted by merging from the bottom.
typedef struct Node { struct Node *next; int16_t key; uint16_t tag; } Node;
static Node nodes[NODES];
typedef int Order(const Node *, const Node *);

static int by_key(const Node *a, const Node *b) { return a->key - b->key; }
static int by_tag(const Node *a, const Node *b) { return (int)a->tag - (int)b->tag; }

static Node *merge(Node *a, Node *b, Order *order) {
    Node head, *end = &head;
    while (a && b) {
        Node **least = order(a, b) <= 0 ? &a : &b;
        end->next = *least;
        end = *least;
        *least = (*least)->next;
    }
    end->next = a ? a : b;
    return head.next;
}

static Node *sort(Node *list, Order *order) {
    if (!list || !list->next) return list;
    Node *slow = list, *fast = list->next;
    while (fast && fast->next) {
        slow = slow->next;
        fast = fast->next->next;
    }
    Node *half = slow->next;
    slow->next = NULL;
    return merge(sort(list, order), sort(half, order), order);
}

static Node *reverse(Node *list) {
    Node *done = NULL;
    while (list) {
        Node *next = list->next;
        list->next = done;
        done = list;
        list = next;
    }
    return done;
}

static uint16_t lists(uint16_t sum) {
    for (int i = 0; i < NODES; i++) {
        nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : NULL;
        nodes[i].key = (int16_t)next_random();
        nodes[i].tag = (uint16_t)i;
    }
    Node *list = sort(nodes, by_key);
    for (Node *node = list; node; node = node->next) sum = checksum(sum, (uint32_t)node->key << 8 ^ node->tag);
    list = reverse(list);
    int found = 0;
    for (unsigned wanted = 0; wanted < NODES; wanted += 5)
        for (Node *node = list; node; node = node->next, found++)
            if (node->tag == wanted) break;
    list = sort(list, by_tag);
    if (list != nodes) return 0;
    return checksum(sum, (uint32_t)found);
}

// Matrices; the processor has no multiplier, so this is the compiler's routine for one.
static int16_t left[SIDE][SIDE], right[SIDE][SIDE];
static int32_t product[SIDE][SIDE];

static uint16_t matrices(uint16_t sum) {
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++) {
            left[row][column] = (int16_t)(next_random() & 0x3ff) - 512;
            right[row][column] = (int16_t)(next_random() >> 20) - 2048;
        }
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++) {
            int32_t total = 0;
            for (int i = 0; i < SIDE; i++) total += left[row][i] * right[i][column];
            product[row][column] = total;
        }
    int32_t trace = 0;
    for (int row = 0; row < SIDE; row++) {
        trace += product[row][row];
        sum = checksum(sum, (uint32_t)product[row][SIDE - 1 - row]);
    }
    return checksum(sum, (uint32_t)(trace / 7) ^ (uint32_t)(trace % 7));
}

// A machine of states that tells integers, decimals, powers of ten and words apart.
typedef enum { START, SIGN, INTEGER, POINT, FRACTION, POWER, POWER_SIGN, EXPONENT, WORD, STATES } State;
static const char text[] = "12 -7 +3.25 x9 .5 6e4 -1.5e-3 7e 8..1 0 99999 e5 2.75E+10 + 31-4 end";

static State step(State state, char c) {
    int digit = c >= '0' && c <= '9', sign = c == '+' || c == '-';
    switch (state) {
    case START: return digit ? INTEGER : sign ? SIGN : c == '.' ? POINT : WORD;
    case SIGN: return digit ? INTEGER : c == '.' ? POINT : WORD;
    case INTEGER: return digit ? INTEGER : c == '.' ? FRACTION : (c | 32) == 'e' ? POWER : WORD;
    case POINT: return digit ? FRACTION : WORD;
    case FRACTION: return digit ? FRACTION : (c | 32) == 'e' ? POWER : WORD;
    case POWER: return digit ? EXPONENT : sign ? POWER_SIGN : WORD;
    case POWER_SIGN: return digit ? EXPONENT : WORD;
    case EXPONENT: return digit ? EXPONENT : WORD;
    default: return WORD;
    }
}

static uint16_t states(uint16_t sum, unsigned *ends) {
    State state = START;
    unsigned visits[STATES] = {0};
    for (const char *at = text;; at++) {
        if (*at == ' ' || !*at) {
            ends[state]++;
            state = START;
            if (!*at) break;
        } else {
            state = step(state, *at);
            visits[state]++;
        }
    }
    for (int i = 0; i < STATES; i++) sum = checksum(sum, visits[i] << 16 | ends[i]);
    return sum;
}

int main(void) {
    uint16_t sum = 0xFFFF;
    unsigned ends[STATES] = {0};
    state_of_random = 0x2545F491;
    platform_mark(0);
    for (int turn = 0; turn < ITERATIONS; turn++) {
        sum = lists(sum);
        sum = matrices(sum);
        sum = states(sum, ends);
    }
    platform_mark(ITERATIONS);
    printf("kernels: checksum %04x, random %08lx\n", sum, (unsigned long)state_of_random);
    printf("integers %u, decimals %u, powers %u, words %u\n", ends[INTEGER] / ITERATIONS, ends[FRACTION] / ITERATIONS,
           ends[EXPONENT] / ITERATIONS, ends[WORD] / ITERATIONS);
    for (int i = 0; i < SIDE; i++) printf("%ld%c", (long)product[i][i], i == SIDE - 1 ? '\n' : ' ');
    return 0;
}
