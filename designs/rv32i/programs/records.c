// A synthetic program of the kind that Dhrystone made known: records, pointers, strings, enumerations, small
// procedures, no arithmetic to speak of. A depot moves parcels about. The work is of our own making, so its figures
// compare with nothing but itself on other processors.
#include <stdio.h>
#include <string.h>

#include "platform.h"

enum { ITERATIONS = 100, PARCELS = 8, SHELVES = 6, ROWS = 4, NAME = 24 };

typedef enum { LETTER, CRATE, PALLET, KINDS } Kind;
typedef enum { WAITING, SHELVED, SENT, STATES } State;

typedef struct Parcel {
    struct Parcel *next;
    Kind kind;
    State state;
    union {
        struct { int stamps; char express; } letter;
        struct { int weight; unsigned char shelf; } crate;
        struct { short rows[ROWS]; } pallet;
    } of;
    char name[NAME];
} Parcel;

static Parcel parcels[PARCELS], *queue, *shelved;
static int shelves[SHELVES][ROWS];
static char last_sent[NAME], label[NAME];
static unsigned sent, refused, matches;

static Kind kind_of(char letter) {
    switch (letter) {
    case 'l': return LETTER;
    case 'c': return CRATE;
    case 'p': return PALLET;
    default: return KINDS;
    }
}

static State after(State state, int accepted) {
    if (state == WAITING) return accepted ? SHELVED : WAITING;
    return state == SHELVED ? SENT : STATES;
}

static void append(Parcel **list, Parcel *parcel) {
    while (*list) list = &(*list)->next;
    parcel->next = NULL;
    *list = parcel;
}

static Parcel *take(Parcel **list) {
    Parcel *first = *list;
    if (first) *list = first->next;
    return first;
}

static void write_label(char *to, const Parcel *parcel, unsigned number) {
    static const char *const kinds[KINDS] = {"letter", "crate", "pallet"};
    strcpy(to, kinds[parcel->kind]);
    char *end = to + strlen(to);
    *end++ = '-';
    *end++ = (char)('a' + number % 26);
    *end = '\0';
}

static int place(Parcel copy, int (*grid)[ROWS], int shelf) {
    int *row = grid[shelf % SHELVES];
    switch (copy.kind) {
    case LETTER:
        row[0] += copy.of.letter.express ? 2 : 1;
        return row[0];
    case CRATE:
        if (row[1] + copy.of.crate.weight > 1000) return 0;
        row[1] += copy.of.crate.weight;
        return row[1];
    default:
        for (int i = 0; i < ROWS; i++) row[i] += copy.of.pallet.rows[i];
        return row[ROWS - 1];
    }
}

static void arrive(unsigned turn) {
    static const char letters[] = "lcplccpl";
    for (int i = 0; i < PARCELS; i++) {
        Parcel *parcel = &parcels[i];
        parcel->kind = kind_of(letters[i]);
        parcel->state = WAITING;
        switch (parcel->kind) {
        case LETTER:
            parcel->of.letter.stamps = i + 1;
            parcel->of.letter.express = (char)(turn & 1);
            break;
        case CRATE:
            parcel->of.crate.weight = (int)((turn << 2) + (unsigned)i) & 63;
            parcel->of.crate.shelf = (unsigned char)i;
            break;
        default:
            for (int row = 0; row < ROWS; row++) parcel->of.pallet.rows[row] = (short)(row - i);
        }
        write_label(parcel->name, parcel, turn + (unsigned)i);
        append(&queue, parcel);
    }
}

static void work(unsigned turn) {
    Parcel *parcel;
    int shelf = (int)turn & 3;
    arrive(turn);
    while ((parcel = take(&queue))) {
        int accepted = place(*parcel, shelves, shelf++);
        parcel->state = after(parcel->state, accepted != 0);
        if (parcel->state == SHELVED) append(&shelved, parcel);
        else refused++;
    }
    while ((parcel = take(&shelved))) {
        parcel->state = after(parcel->state, 1);
        write_label(label, parcel, turn);
        if (strcmp(label, parcel->name) == 0) matches++;
        if (strncmp(parcel->name, last_sent, 3) > 0 || !*last_sent) memcpy(last_sent, parcel->name, NAME);
        else if (parcel->kind != PALLET) memset(last_sent, 0, NAME);
        sent += parcel->state == SENT;
    }
}

int main(void) {
    platform_mark(0);
    for (unsigned turn = 0; turn < ITERATIONS; turn++) work(turn);
    platform_mark(ITERATIONS);
    printf("records: %u sent, %u refused, %u labels kept\n", sent, refused, matches);
    printf("last sent: '%s', last label: '%s'\n", last_sent, label);
    int total = 0;
    for (int shelf = 0; shelf < SHELVES; shelf++) {
        for (int row = 0; row < ROWS; row++) {
            total += shelves[shelf][row];
            printf("%d%c", shelves[shelf][row], row == ROWS - 1 ? '\n' : ' ');
        }
    }
    // Every parcel came to one end, or the processor is wrong.
    return sent + refused == ITERATIONS * PARCELS && total ? 0 : 1;
}
